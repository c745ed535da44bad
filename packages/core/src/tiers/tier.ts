import type { AnswerStore } from '../answers/store.ts';
import type { CircuitHandle } from '../circuit/circuit-handle.ts';
import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import type { FallbackLevel, FallbackReason, SharedFailure } from '../metadata.ts';
import type { Reply, ReplyHeaders } from '../reply.ts';
import type { RequestView } from '../request-view.ts';

/** What a tier is told about the failure that it answers for. */
export interface TierContext {
  readonly reason: FallbackReason;
  /** The circuit's name. */
  readonly circuit: string;
  /** The circuit itself, to call through it later; `undefined` where it is not known. */
  readonly through?: CircuitHandle | undefined;
  /** Milliseconds until the circuit probes again or the limit has room; `undefined` when that is not known. */
  readonly retryAfterMs: number | undefined;
  /** What was thrown, where it could be seen. */
  readonly error?: unknown;
  /** The name of what is not to be had, where the last tier was told it. */
  readonly service?: string | undefined;
  /** Aborts when the client leaves or the tier's time is over. */
  readonly signal: AbortSignal;
  /** What the handler passed to `provideContext` before it failed. The list is each tier's own (of the first 10,000), the passages in it are not. */
  readonly provided?: ProvidedContext | undefined;
}

export interface ProvidedContext {
  readonly passages: unknown;
  readonly question?: string | undefined;
}

/** What a tier answers. It is tagged afterwards: a tier sets no metadata and none of our headers. */
export interface TierReply {
  /** @default 200 */
  readonly status?: number;
  /** Lower-case names. A plain object as body is JSON unless `content-type` says otherwise; text is `text/plain`, bytes are `application/octet-stream`. */
  readonly headers?: ReplyHeaders;
  /** A plain object is sent as JSON; text and bytes go out as they are. */
  readonly body: Readonly<Record<string, unknown>> | string | Uint8Array;
  /** @default the tier's `name` */
  readonly level?: FallbackLevel;
  /** When a cached answer was made: milliseconds since the Unix epoch. */
  readonly cachedAt?: number;
}

/**
 * One layer of the ladder. `undefined`, a throw, a rejection and silence beyond its time limit all pass to the next. `name`,
 * `timeoutMs`, `answer` and `watch` are read once, when the middleware is made. The request, its `native` and the passages are the
 * next tiers', too: a tier changes nothing in them. It does not touch the response.
 */
export interface Tier<Native = never> {
  /** Its level, unless the reply names another. */
  readonly name: string;
  /** How long it may take, in milliseconds. @default 1000 */
  readonly timeoutMs?: number;
  answer(request: RequestView<Native>, context: TierContext): TierReply | undefined | Promise<TierReply | undefined>;
  /**
   * Called when a request begins, before the handler: a tier that must see the request as it came, or wants the answer that
   * goes out, returns a watcher, whose `answer` is then called instead of the tier's.
   */
  watch?(request: RequestView<Native>, site: TierSite): TierWatcher | undefined;
}

/** What a tier may use of the set of circuits that it works in. */
export interface TierSite {
  readonly answers: AnswerStore;
  readonly clock: Clock;
  readonly events: Events;
}

/** A whole answer that went out, captured while it flowed. */
export interface CapturedAnswer {
  readonly status: number;
  /** What the handler set (not what earlier middleware had), by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array;
}

/** What came of another request that asked the same: its answer, as it goes out, or its failure. */
export type Joined = { readonly reply: Reply } | { readonly failure: SharedFailure };

/** A tier's view of one request. */
export interface TierWatcher {
  /** How many bytes of the answer's body it wants at most; 0 is none. A longer body is not captured. */
  readonly maxBytes: number;
  answer(context: TierContext): TierReply | undefined | Promise<TierReply | undefined>;
  /**
   * Asked before the handler runs: an answer that is fresh enough to be served in its place, complete as it goes out, with no
   * degradation to tell of.
   */
  fresh?(): Reply | undefined | Promise<Reply | undefined>;
  /**
   * Asked when there is nothing fresh: waits for another request that asks the same, and `undefined` when there is none: then this one asks,
   * and others may wait for it. `undefined` as a result: this one is to ask after all. `onWaiting` is called with the function that ends the
   * waiting, which then has that result.
   */
  join?(onWaiting: (leave: () => void) => void): Promise<Joined | undefined> | undefined;
  /** The request is answered by a tier, for this reason. */
  failed?(failure: SharedFailure): void;
  /** The request is over, whatever came of it; after all else. `hasLeft`: the client has left before that. */
  over?(hasLeft: boolean): void;
  /**
   * Asked when the answer's head is known and nothing failed: does it want the body?
   * `headers` are the handler's own and, where compression changed them, those that went out.
   */
  wants?(status: number, headers: Readonly<Record<string, string | string[]>>): boolean;
  /** Asked once, after `wants`, before the body is gathered: is there room for it? After `true`, `release` is called once, whatever comes of the answer. */
  reserve?(): boolean;
  release?(): void;
  /** The whole answer, once it has gone out and was a success. */
  captured?(answer: CapturedAnswer): void;
  /** A successful answer of this status has gone out, captured or not. */
  succeeded?(status: number): void;
}
