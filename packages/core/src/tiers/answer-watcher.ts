import { directiveSeconds, parseCacheControl } from '../answers/cache-control.ts';
import { isNotModified, notModifiedHeaders } from '../answers/conditional.ts';
import type { Flight, FlightEnd, Flights } from '../answers/flights.ts';
import { keptHeaders } from '../answers/kept-headers.ts';
import type { AnswerKeys } from '../answers/key.ts';
import { type FoundAnswer, lookUp } from '../answers/lookup.ts';
import { readableAnswer } from '../answers/readable-answer.ts';
import type { SafeStore } from '../answers/safe-store.ts';
import { freshSeconds, maybeStored, type Storable, type StoringRequest, storable } from '../answers/storable.ts';
import type { StoredAnswer } from '../answers/store.ts';
import { when } from '../answers/when.ts';
import type { Clock } from '../clock.ts';
import type { SharedFailure } from '../metadata.ts';
import { hasJsonEnds, isJsonText } from '../replies/json-text.ts';
import { isJson } from '../replies/media-type.ts';
import { StoredReply } from '../replies/stored-reply.ts';
import { isWholeStream, streamFormatOf } from '../replies/stream-format.ts';
import type { Reply, ReplyHeaders } from '../reply.ts';
import type { RequestView } from '../request-view.ts';
import type { CapturedAnswer, Joined, TierReply, TierWatcher } from './tier.ts';

/** Which answers are kept, and how old they may be, in milliseconds: as a fallback, and in place of the handler. */
export interface AnswerTerms {
  readonly maxAgeMs: number;
  readonly freshMs: number;
  readonly keep: ((answer: CapturedAnswer) => boolean) | undefined;
  /** What is being asked now, where the same is asked once only. */
  readonly flights: Flights | undefined;
}

type Headers = Readonly<Record<string, string | string[]>>;

const DEFAULT_ENTRY_BYTES = 256 * 1024;
const nothing = new Uint8Array(0);

/** One request whose answer is kept, or was: looks up, and stores. */
export class AnswerWatcher implements TierWatcher, StoringRequest {
  readonly method: string;
  readonly keyed: boolean;
  readonly cacheControl: string | undefined;
  readonly maxBytes: number;
  readonly #acceptEncoding: string | undefined;
  readonly #ifNoneMatch: string | undefined;
  readonly #pragma: string | undefined;
  readonly #keys: AnswerKeys;
  readonly #store: SafeStore;
  readonly #clock: Clock;
  readonly #terms: AnswerTerms;
  /** When the request began: what it is answered with may be as old as that (RFC 9111 §4.2.3). */
  readonly #begunAt: number;
  readonly #entryBytes: number;
  #expectedBytes: number | undefined;
  /** By the head of the answer. */
  #storing: Storable | undefined;
  #reserved = 0;
  /** Others wait for the answer to this request. */
  #flight: Flight | undefined;

  constructor(
    { method, headers }: RequestView,
    keyed: boolean,
    keys: AnswerKeys,
    store: SafeStore,
    clock: Clock,
    terms: AnswerTerms,
  ) {
    this.method = method;
    this.keyed = keyed;
    this.cacheControl = text(headers['cache-control']);
    this.#acceptEncoding = text(headers['accept-encoding']);
    this.#ifNoneMatch = text(headers['if-none-match']);
    this.#pragma = text(headers.pragma);
    this.#keys = keys;
    this.#store = store;
    this.#clock = clock;
    this.#terms = terms;
    this.#begunAt = store.stamps.next();
    this.#entryBytes = store.store.maxEntryBytes ?? DEFAULT_ENTRY_BYTES;
    this.maxBytes = this.#isDue() ? this.#entryBytes : 0;
  }

  isScoped(): boolean {
    return this.#keys.isScoped;
  }

  answer(): TierReply | undefined | Promise<TierReply | undefined> {
    const level = this.#store.store.level ?? 'l1_cache';
    return when(this.#find(this.#terms.maxAgeMs), (answer) => answer && new StoredReply(answer, level));
  }

  fresh(): Reply | undefined | Promise<Reply | undefined> {
    if (this.#terms.freshMs === 0) return undefined;
    return when(this.#find(this.#terms.freshMs), (answer) => answer && this.#freshReply(answer));
  }

  join(onWaiting: (leave: () => void) => void): Promise<Joined | undefined> | undefined {
    const { flights } = this.#terms;
    if (flights === undefined || this.maxBytes === 0 || this.#asksForItself) return undefined;
    const { primary } = this.#keys;
    const flight = flights.find(primary);
    if (flight !== undefined) return flight.wait(onWaiting).then((end) => this.#joined(end));
    this.#flight = flights.begin(primary);
    return undefined;
  }

  failed(failure: SharedFailure): void {
    const flight = this.#flight;
    this.#flight = undefined;
    flight?.failed(failure);
  }

  over(hasLeft: boolean): void {
    const flight = this.#flight;
    this.#flight = undefined;
    flight?.passOn(!hasLeft);
  }

  wants(status: number, headers: Headers): boolean {
    this.#expectedBytes = lengthOf(headers);
    if ((this.#expectedBytes ?? 0) > this.maxBytes) return false;
    this.#storing = storable(this, status, headers, this.#terms.maxAgeMs, this.#clock.wall());
    return this.#storing !== undefined;
  }

  reserve(): boolean {
    const bytes = this.#expectedBytes ?? this.maxBytes;
    if (!this.#store.reserve(bytes)) return false;
    this.#reserved = bytes;
    return true;
  }

  release(): void {
    const bytes = this.#reserved;
    this.#reserved = 0;
    if (bytes > 0) this.#store.release(bytes);
  }

  captured({ status, headers, body }: CapturedAnswer): void {
    this.release();
    const how = this.#storing;
    const length = lengthOf(headers);
    if (how === undefined || body.byteLength > this.maxBytes) return;
    if (length !== undefined && length !== body.byteLength) return;
    const isEncoded = headers['content-encoding'] !== undefined;
    const isReadable = isJson(headers['content-type']);
    if (isReadable && !isEncoded && !isWhole(body, length)) return;
    const format = isEncoded ? undefined : streamFormatOf(headers['content-type']);
    if (format !== undefined && !isWholeStream(format, body)) return;
    if (this.#terms.keep?.({ status, headers, body }) === false) return;
    // What is plain, or can be made so, is for everybody.
    const vary = isReadable || !isEncoded ? how.vary.filter((name) => name !== 'accept-encoding') : how.vary;
    const answer: StoredAnswer = {
      status,
      headers: keptHeaders(headers),
      body,
      storedAt: this.#begunAt - how.age * 1000,
      maxAgeMs: how.maxAgeMs,
    };
    this.#keep(answer, vary);
    const flight = this.#flight;
    this.#flight = undefined;
    flight?.landed({ answer, vary, key: this.#keyOf(vary) });
    this.#store.refreshes.stored(this.#keys, vary, this.#begunAt, how.maxAgeMs);
  }

  #keep(answer: StoredAnswer, vary: readonly string[]): void {
    if (vary.length === 0) {
      this.#store.set(this.#keys.primary, answer);
      return;
    }
    const { maxAgeMs } = this.#terms;
    const record = { status: 0, headers: { vary: vary.join() }, body: nothing, storedAt: this.#begunAt, maxAgeMs };
    this.#store.set(this.#keys.primary, record);
    this.#store.set(this.#keys.variant(vary), answer);
  }

  /** Whether the answer is to be stored, as far as the request can tell. One that is served in the handler's place is to be the newest. */
  #isDue(): boolean {
    const { maxAgeMs, freshMs, flights } = this.#terms;
    if (maxAgeMs === 0 || !maybeStored(this)) return false;
    return freshMs > 0 || flights !== undefined || this.#store.refreshes.isDue(this.#keys, this.#begunAt);
  }

  #keyOf(vary: readonly string[]): string {
    return vary.length === 0 ? this.#keys.primary : this.#keys.variant(vary);
  }

  /** A request's `no-cache` asks for the handler's own answer to itself (RFC 9111 §5.2.1.4). */
  get #asksForItself(): boolean {
    const asked = parseCacheControl(this.cacheControl);
    return asked.has('no-cache') || (asked.size === 0 && this.#pragma?.includes('no-cache') === true);
  }

  #joined(end: FlightEnd): Joined | undefined | Promise<Joined | undefined> {
    if ('asker' in end) {
      this.#flight = end.asker;
      return undefined;
    }
    if ('failure' in end) return end;
    const { answer, vary, key } = end.landed;
    // it varies by what this request has otherwise
    if (this.#keyOf(vary) !== key) return undefined;
    const readable = readableAnswer({ key, answer }, this.#acceptEncoding, this.#store, this.#entryBytes);
    // RFC 9211 §2.6
    return when(
      readable,
      (found) => found && { reply: this.#replyOf(found, { 'cache-status': 'brownout; fwd=miss; collapsed' }) },
    );
  }

  #find(maxAgeMs: number): StoredAnswer | undefined | Promise<StoredAnswer | undefined> {
    const readable = (found: FoundAnswer | undefined) =>
      found && readableAnswer(found, this.#acceptEncoding, this.#store, this.#entryBytes);
    return when(lookUp(this.#keys, this.#store, this.#clock.wall(), maxAgeMs), readable);
  }

  /** A request's `no-cache`, and a `max-age` below the answer's age, ask for the handler's own answer (RFC 9111 §5.2.1). */
  #freshReply(answer: StoredAnswer): Reply | undefined {
    const { storedAt } = answer;
    const age = Math.max(0, this.#clock.wall() - storedAt) / 1000;
    if (this.#asksForItself) return undefined;
    const asked = parseCacheControl(this.cacheControl);
    const said = parseCacheControl(answer.headers['cache-control']);
    if (said.has('no-cache')) return undefined; // kept for an outage alone
    const own = freshSeconds(said, answer.headers, storedAt);
    if (age > (own ?? Infinity) || age > (directiveSeconds(asked, 'max-age') ?? Infinity)) return undefined;
    return this.#replyOf(answer, { age: String(Math.floor(age)), 'cache-status': 'brownout; hit' });
  }

  #replyOf({ status, headers: stored, body }: StoredAnswer, said: ReplyHeaders): Reply {
    const headers: ReplyHeaders = { ...stored, ...said };
    return isNotModified(this.method, this.#ifNoneMatch, headers.etag)
      ? { status: 304, headers: notModifiedHeaders(headers), body: '' }
      : { status, headers, body };
  }
}

const text = (field: string | string[] | undefined): string | undefined =>
  field === undefined ? undefined : String(field);

/** A length that was announced and kept tells a whole body from one whose source broke and was ended; else it must be read. */
const isWhole = (json: Uint8Array, announced: number | undefined): boolean =>
  announced === undefined ? isJsonText(json) : hasJsonEnds(json);

function lengthOf(headers: Headers): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}
