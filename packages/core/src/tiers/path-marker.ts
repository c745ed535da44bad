import type { AnswerKeys } from '../answers/key.ts';
import type { SafeStore } from '../answers/safe-store.ts';
import type { TierWatcher } from './tier.ts';

const nothing = new Uint8Array(0);
const noHeaders = Object.freeze({});
/** The tier that stored the answers may keep them longer than the one that marks their path. */
const LEAST_AGE_MS = 30 * 86_400_000;

/** Watches an unsafe request: when it succeeds, what was stored for its path before is out of date (RFC 9111 §4.4). */
export class PathMarker implements TierWatcher {
  readonly maxBytes = 0;
  readonly #keys: AnswerKeys;
  readonly #store: SafeStore;
  readonly #maxAgeMs: number;

  constructor(keys: AnswerKeys, store: SafeStore, maxAgeMs: number) {
    this.#keys = keys;
    this.#store = store;
    this.#maxAgeMs = Math.max(maxAgeMs, LEAST_AGE_MS);
  }

  answer(): undefined {}

  wants(): boolean {
    return false;
  }

  succeeded(status: number): void {
    if (status >= 400) return;
    const storedAt = this.#store.stamps.next();
    const note = { status: 0, headers: noHeaders, body: nothing, storedAt, maxAgeMs: this.#maxAgeMs };
    this.#store.set(this.#keys.mark, note, true);
    this.#store.refreshes.changed(storedAt);
  }
}
