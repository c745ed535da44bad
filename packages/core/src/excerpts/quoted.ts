import type { Parsed, Sentence, Window } from './windows.ts';

/** A shorter sentence may well stand in two places and mean two things. */
const LEAST_TELLING = 30;

/** Which sentences are quoted already: retrieved chunks often overlap, and a sentence of some length is the same wherever it stands. */
export class Quoted {
  /** For each sentence of a passage the first from there on that is quoted. */
  readonly #ends = new Map<Parsed, Uint32Array>();
  readonly #places = new Map<string, { readonly passage: Parsed; readonly at: number }[]>();

  constructor(passages: readonly Parsed[]) {
    for (const passage of passages) {
      const { sentences } = passage;
      this.#ends.set(passage, new Uint32Array(sentences.length).fill(sentences.length));
      for (let at = 0; at < sentences.length; at++) {
        const { text } = sentences[at]!;
        if (text.length < LEAST_TELLING) continue;
        const places = this.#places.get(text);
        if (places) places.push({ passage, at });
        else this.#places.set(text, [{ passage, at }]);
      }
    }
  }

  /** Up to where none is quoted, from `first` on. */
  freeEnd(passage: Parsed, first: number): number {
    return this.#ends.get(passage)![first]!;
  }

  add({ passage, first, end }: Window): void {
    for (let at = first; at < end; at++) {
      const { text }: Sentence = passage.sentences[at]!;
      this.#mark(passage, at);
      for (const twin of this.#places.get(text) ?? []) this.#mark(twin.passage, twin.at);
    }
  }

  #mark(passage: Parsed, quoted: number): void {
    const ends = this.#ends.get(passage)!;
    for (let at = quoted; at >= 0 && ends[at]! > quoted; at--) ends[at] = quoted;
  }
}
