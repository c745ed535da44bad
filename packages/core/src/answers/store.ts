/** A stored answer: a whole successful response, as it went out, less what belongs to one request alone. */
export interface StoredAnswer {
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
  /** The largest body that it keeps, in bytes: more is not even captured. @default 262144 */
  readonly maxEntryBytes?: number;
  get(key: string): StoredAnswer | undefined | Promise<StoredAnswer | undefined>;
  set(key: string, answer: StoredAnswer): void | Promise<void>;
  delete(key: string): void | Promise<void>;
}
