/** A stored answer: a whole successful response, as it went out, less what belongs to one request alone. */
export interface StoredAnswer {
  /** 0: a note about other answers (that they vary by headers, that they are out of date), no answer. */
  readonly status: number;
  /** Content headers by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Uint8Array;
  /** When it was made: milliseconds since the Unix epoch. */
  readonly storedAt: number;
  /** How old it may be served as a fallback, in milliseconds (the tier's `maxAgeMs`, or less where the answer says so). */
  readonly maxAgeMs: number;
}

/**
 * Where answers are kept, by key: 64 hex digits that tell nothing of the request. Each method may answer plainly or by a promise.
 * What a store throws or rejects never reaches a request: it becomes a `store_failed` event.
 */
export interface AnswerStore {
  /** The level of what it serves: `l1_cache` (this process, the default) or `l2_cache` (shared). */
  readonly level?: 'l1_cache' | 'l2_cache';
  /** `false`: nothing is noted of any path, so that it need not be asked. Without it there may always be something. */
  readonly hasNotes?: boolean;
  /** The largest body that it keeps, in bytes: more is not even captured. @default 262144 */
  readonly maxEntryBytes?: number;
  /** `note`: not an answer is looked for but what is noted of a path, which the store may keep in a place of its own. */
  get(key: string, note?: boolean): StoredAnswer | undefined | Promise<StoredAnswer | undefined>;
  /** The answer is the store's from then on: nobody changes it, or the memory of its body, any more. `note`: as for `get`. */
  set(key: string, answer: StoredAnswer, note?: boolean): void | Promise<void>;
  delete(key: string): void | Promise<void>;
  /**
   * Asked before up to this many bytes of an answer are gathered: room for answers under way, out of what the store may use.
   * `false`: there is none. Each `true` is followed by one `release` of as many. Without it any number may be under way.
   */
  reserve?(bytes: number): boolean;
  release?(bytes: number): void;
}
