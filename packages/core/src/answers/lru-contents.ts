import type { PathNotes } from './path-notes.ts';
import type { StoredAnswer } from './store.ts';

/** What a store in memory holds, for what carries it over a restart. */
export interface LruContents {
  readonly notes: PathNotes;
  /** Most bytes that it holds. */
  readonly maxBytes: number;
  /** Rises with each change. */
  readonly changes: number;
  /** Those of its answers, the least recently used first. */
  keys(): string[];
  /** Neither counted nor taken for a use. `leftMs`: how long it may still be served. */
  peek(key: string): { readonly answer: StoredAnswer; readonly leftMs: number } | undefined;
  /** Takes up an answer from before a restart, as the one used last. One that is as new is left as it is. */
  resume(key: string, answer: StoredAnswer, leftMs: number): void;
}
