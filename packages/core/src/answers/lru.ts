import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../clock.ts';
import { OptionsError } from '../errors.ts';
import { type OptionRules, parseOptions, rules } from '../options.ts';
import type { LruContents } from './lru-contents.ts';
import { PathNotes } from './path-notes.ts';
import type { AnswerStore, StoredAnswer } from './store.ts';

export interface LruAnswersOptions {
  /** How many answers it keeps, a million at most. @default 10000 */
  maxEntries?: number | undefined;
  /** How many bytes of bodies and headers it keeps; answers under way count, too, notes of changed paths (512 KiB at most) do not. @default 67108864 (64 MiB) */
  maxBytes?: number | undefined;
  /** The largest body that it keeps, in bytes. @default 262144 (256 KiB), or `maxBytes` where that is less */
  maxEntryBytes?: number | undefined;
  /** @default the process's clock */
  clock?: Clock | undefined;
}

/** Counts since the store was made, and what it holds now. */
export interface LruAnswersStats {
  readonly entries: number;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Answers that made room for others. */
  readonly evictions: number;
}

let contents: (store: LruAnswers) => LruContents;

/** `undefined` for a store that is not in the memory of this process. */
export const contentsOf = (store: AnswerStore): LruContents | undefined =>
  store instanceof LruAnswers ? contents(store) : undefined;

interface Entry {
  readonly answer: StoredAnswer;
  /** By the monotonic clock. */
  readonly expiresAt: number;
}

const KIB = 1024;
const clockRule = rules.rule(
  'a clock: an object with `now` and `wall`',
  (value) => typeof (value as Partial<Clock> | null)?.now === 'function' && typeof (value as Clock).wall === 'function',
);
const known: OptionRules<LruAnswersOptions> = {
  maxEntries: rules.count(1, 1_000_000), // room is made for all of them at once
  maxBytes: rules.count(),
  maxEntryBytes: rules.count(),
  clock: clockRule,
};

/**
 * The in-memory store of answers: the least recently used go first. Synchronous, and without timers: what is too old goes when it is
 * asked for or makes room.
 *
 * @throws OptionsError for an unknown or bad option, and when `maxEntryBytes` is above `maxBytes`
 */
export function lruAnswers(options?: LruAnswersOptions): LruAnswers {
  const given = parseOptions<LruAnswersOptions>('lruAnswers', options, known);
  const { maxEntries = 10_000, maxBytes = 64 * KIB * KIB, clock = systemClock } = given;
  if (given.maxEntryBytes !== undefined && given.maxEntryBytes > maxBytes)
    throw new OptionsError(`\`maxEntryBytes\` (${given.maxEntryBytes}) must be at most \`maxBytes\` (${maxBytes}).`);
  return new LruAnswers(maxEntries, maxBytes, given.maxEntryBytes ?? Math.min(256 * KIB, maxBytes), clock);
}

/** Made by `lruAnswers`. */
export class LruAnswers implements AnswerStore {
  readonly level = 'l1_cache';
  readonly maxEntryBytes: number;
  readonly #maxBytes: number;
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, Entry>;
  readonly #notes = new PathNotes();
  #changes = 0;
  #reserved = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(maxEntries: number, maxBytes: number, maxEntryBytes: number, clock: Clock) {
    this.#maxBytes = maxBytes;
    this.maxEntryBytes = maxEntryBytes;
    this.#clock = clock;
    this.#entries = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.#evictions++;
      },
    });
  }

  get hasNotes(): boolean {
    return !this.#notes.isEmpty;
  }

  /** An answer older than its `maxAgeMs` is a miss. */
  get(key: string, note = false): StoredAnswer | undefined {
    if (note) return this.#note(key);
    const entry = this.#entries.get(key);
    if (entry !== undefined && !this.#isTooOld(entry)) {
      if (entry.answer.status !== 0) this.#hits++;
      return entry.answer;
    }
    if (entry !== undefined) this.#entries.delete(key);
    this.#misses++;
    return undefined;
  }

  /**
   * An answer that is too large is not stored, and neither is what was there before. Notes take no room from answers and are never
   * dropped.
   */
  set(key: string, answer: StoredAnswer, note = false): void {
    if (note) {
      this.#changes++;
      this.#notes.add(key, answer.storedAt);
      return;
    }
    const age = Math.max(0, this.#clock.wall() - answer.storedAt);
    this.#put(key, answer, answer.maxAgeMs - age);
  }

  delete(key: string): void {
    this.#changes++;
    this.#entries.delete(key);
  }

  /** Answers under way may take half of the bytes, so that a burst of them does not drive out all that is stored. */
  reserve(bytes: number): boolean {
    if (this.#reserved + bytes > Math.max(this.#maxBytes / 2, this.maxEntryBytes)) return false;
    this.#reserved += bytes;
    this.#makeRoom();
    return true;
  }

  release(bytes: number): void {
    this.#reserved = Math.max(0, this.#reserved - bytes);
  }

  get stats(): LruAnswersStats {
    return {
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  #put(key: string, answer: StoredAnswer, leftMs: number): void {
    this.#changes++;
    const size = sizeOf(answer);
    if (answer.body.byteLength > this.maxEntryBytes || size > this.#maxBytes) {
      this.#entries.delete(key);
      return;
    }
    this.#entries.set(key, { answer: compact(answer), expiresAt: this.#clock.now() + leftMs }, { size });
    this.#makeRoom();
  }

  get #contents(): LruContents {
    const entries = this.#entries;
    const store = this;
    return {
      notes: this.#notes,
      maxBytes: this.#maxBytes,
      get changes() {
        return store.#changes;
      },
      keys: () => [...entries.rkeys()],
      peek: (key) => {
        const entry = entries.peek(key);
        return entry && !this.#isTooOld(entry)
          ? { answer: entry.answer, leftMs: entry.expiresAt - this.#clock.now() }
          : undefined;
      },
      resume: (key, answer, leftMs) => {
        const own = entries.peek(key);
        if (own === undefined || own.answer.storedAt < answer.storedAt) this.#put(key, answer, leftMs);
      },
    };
  }

  static {
    contents = (store) => store.#contents;
  }

  #note(key: string): StoredAnswer | undefined {
    const storedAt = this.#notes.find(key);
    return storedAt === undefined ? undefined : { ...emptyNote, storedAt };
  }

  /** By either clock: neither a wall clock that is set back nor a machine that slept makes an answer live longer. */
  #isTooOld({ answer, expiresAt }: Entry): boolean {
    return this.#clock.now() > expiresAt || this.#clock.wall() - answer.storedAt > answer.maxAgeMs;
  }

  #makeRoom(): void {
    while (this.#entries.calculatedSize + this.#reserved > this.#maxBytes) this.#entries.pop();
  }
}

function sizeOf({ headers, body }: StoredAnswer): number {
  // lru-cache takes no entry for nothing.
  let size = Math.max(1, body.byteLength);
  for (const name in headers) size += name.length + String(headers[name]).length;
  return size;
}

const emptyNote = { status: 0, headers: {}, body: new Uint8Array(0), maxAgeMs: Number.MAX_SAFE_INTEGER } as const;

/** In memory of its own: a slice would keep alive the whole pool or socket chunk that it was cut from. */
function compact(answer: StoredAnswer): StoredAnswer {
  if (answer.body.byteLength === answer.body.buffer.byteLength) return answer;
  const body = Buffer.allocUnsafeSlow(answer.body.byteLength);
  body.set(answer.body);
  return { ...answer, body };
}
