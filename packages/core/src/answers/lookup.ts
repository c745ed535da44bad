import type { AnswerKeys } from './key.ts';
import type { SafeStore } from './safe-store.ts';
import type { StoredAnswer } from './store.ts';
import { when } from './when.ts';

/** A stored answer that a request may have. */
export interface FoundAnswer {
  readonly key: string;
  readonly answer: StoredAnswer;
}

type Found = FoundAnswer | undefined;

/**
 * Finds the answer of these keys that is not too old (`wallNow` in milliseconds since the Unix epoch) and that no unsafe request
 * has made out of date. Plain where the store is.
 */
export function lookUp(keys: AnswerKeys, store: SafeStore, wallNow: number, maxAgeMs: number): Found | Promise<Found> {
  const usable = (key: string, answer: StoredAnswer | undefined): Found | Promise<Found> => {
    if (answer?.status !== 200 || wallNow - answer.storedAt > Math.min(maxAgeMs, answer.maxAgeMs)) return undefined;
    if (!store.hasNotes) return { key, answer };
    // After the answer, and so used more recently: the mark outlives it in a store that is full.
    return when(store.get(keys.mark, true), (mark) =>
      mark !== undefined && mark.storedAt >= answer.storedAt ? undefined : { key, answer },
    );
  };
  return when(store.get(keys.primary), (first) => {
    const names = first?.status === 0 ? first.headers.vary : undefined;
    if (names === undefined) return usable(keys.primary, first);
    const key = keys.variant(String(names).split(','));
    return when(store.get(key), (answer) => usable(key, answer));
  });
}
