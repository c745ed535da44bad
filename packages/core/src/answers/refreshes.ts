import type { AnswerKeys } from './key.ts';

/** How many answers in a row are stored, however fast they come. */
const BURST = 10;
/** After those, one in so many milliseconds. */
const INTERVAL_MS = 1000;
/** An answer that lives shorter than this many intervals is stored each time. */
const LEAST_INTERVALS = 10;
const MOST_KEYS = 10_000;

interface Bucket {
  left: number;
  filledAt: number;
}

/**
 * How often the answer to one question is stored anew: under load once a second, since then a fallback is hardly better for being
 * milliseconds younger. So it may be up to a second older than the newest answer, and tells how old it is. Whatever an
 * unsafe request has made out of date is stored anew at once.
 */
export class Refreshes {
  readonly #buckets = new Map<string, Bucket>();
  /** By primary keys: what their answers vary by. */
  readonly #varying = new Map<string, readonly string[]>();
  #changedAt = Number.NEGATIVE_INFINITY;

  /** Whether an answer to a request that begins now is to be stored. Times are stamps. */
  isDue(keys: AnswerKeys, now: number): boolean {
    if (this.#buckets.size === 0) return true;
    const vary = this.#varying.size === 0 ? undefined : this.#varying.get(keys.primary);
    const bucket = this.#buckets.get(vary === undefined ? keys.primary : keys.variant(vary));
    return bucket === undefined || bucket.left > 0 || !(Math.abs(now - bucket.filledAt) < INTERVAL_MS);
  }

  /** An answer has been stored. `begunAt`: when its request began. */
  stored(keys: AnswerKeys, vary: readonly string[], begunAt: number, maxAgeMs: number): void {
    // What began before a change counts for nothing.
    if (maxAgeMs < LEAST_INTERVALS * INTERVAL_MS || begunAt <= this.#changedAt) return;
    if (this.#buckets.size + this.#varying.size >= MOST_KEYS) this.#clear();
    if (vary.length > 0) this.#varying.set(keys.primary, vary);
    else if (this.#varying.size > 0) this.#varying.delete(keys.primary);
    const key = vary.length > 0 ? keys.variant(vary) : keys.primary;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#buckets.set(key, { left: BURST - 1, filledAt: begunAt });
      return;
    }
    const intervals = Math.floor(Math.abs(begunAt - bucket.filledAt) / INTERVAL_MS);
    if (intervals > 0) bucket.filledAt = begunAt;
    bucket.left = Math.max(0, Math.min(BURST, bucket.left + intervals) - 1);
  }

  /** An unsafe request has made answers out of date. */
  changed(at: number): void {
    this.#changedAt = at;
    this.#clear();
  }

  #clear(): void {
    this.#buckets.clear();
    this.#varying.clear();
  }
}
