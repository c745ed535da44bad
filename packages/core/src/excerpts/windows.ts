import { atLeastHalf, type Stretch, widthOf } from './sentences.ts';

/** A sentence and the question's terms in it. */
export interface Sentence extends Stretch {
  readonly text: string;
  /** As often as they occur. */
  readonly terms: readonly number[];
  /** How many words it has. */
  readonly words: number;
}

const figure = /\p{Nd}/u;

/** Sentences `first` to before `end` of a passage. */
export interface Window {
  readonly passage: Parsed;
  readonly first: number;
  readonly end: number;
}

/**
 * A passage taken apart. Everything about a run of its sentences is the difference of two sums, so that it takes as long for a
 * thousand sentences as for one.
 */
export class Parsed {
  readonly text: string;
  readonly source: string | undefined;
  /** Its place in the list given. */
  readonly index: number;
  readonly sentences: readonly Sentence[];
  /** The terms of its title. */
  readonly titleTerms: readonly number[];
  readonly titleWords: number;
  /** Row `n`: how often each term occurs in the first `n` sentences. */
  readonly #rows: Uint32Array;
  readonly #terms: number;
  /** How many words the first `n` sentences have. */
  readonly #words: Uint32Array;
  /** How many of the first `n` sentences have a figure in them. */
  readonly #figures: Uint32Array;
  /** How far from the first sentence each begins, as displayed. */
  readonly #begins: Uint32Array;

  constructor(
    { text, shown, source, index }: Pick<Parsed, 'text' | 'source' | 'index'> & { readonly shown: string },
    title: Pick<Sentence, 'terms' | 'words'>,
    sentences: readonly Sentence[],
    terms: number,
  ) {
    this.text = text;
    this.source = source;
    this.index = index;
    this.sentences = sentences;
    this.titleTerms = title.terms;
    this.titleWords = title.words;
    this.#terms = terms;
    this.#rows = new Uint32Array((sentences.length + 1) * terms);
    this.#words = new Uint32Array(sentences.length + 1);
    this.#figures = new Uint32Array(sentences.length + 1);
    this.#begins = new Uint32Array(sentences.length);
    for (let at = 0; at < sentences.length; at++) {
      const sentence = sentences[at]!;
      const row = (at + 1) * terms;
      this.#rows.copyWithin(row, row - terms, row);
      for (const term of sentence.terms) this.#rows[row + term]!++;
      this.#words[at + 1] = this.#words[at]! + sentence.words;
      this.#figures[at + 1] = this.#figures[at]! + (figure.test(sentence.text) ? 1 : 0);
      if (at > 0) {
        const before = sentences[at - 1]!;
        this.#begins[at] = this.#begins[at - 1]! + before.width + widthOf(shown, before.end, sentence.start);
      }
    }
  }

  /** How wide sentences `first` to before `end` are together, with what stands between them. */
  width(first: number, end: number): number {
    const last = this.sentences[end - 1]!;
    return atLeastHalf(
      this.#begins[end - 1]! + last.width - this.#begins[first]!,
      last.end - this.sentences[first]!.start,
    );
  }

  /** How many words sentences `first` to before `end` have. */
  words(first: number, end: number): number {
    return this.#words[end]! - this.#words[first]!;
  }

  /** Whether there is a figure in sentences `first` to before `end`. */
  hasFigure(first: number, end: number): boolean {
    return this.#figures[end]! > this.#figures[first]!;
  }

  /** How often each term occurs in sentences `first` to before `end`, written to `counts`. */
  count(first: number, end: number, counts: Uint32Array): Uint32Array {
    const rows = this.#rows;
    const to = end * this.#terms;
    const from = first * this.#terms;
    for (let term = 0; term < counts.length; term++) counts[term] = rows[to + term]! - rows[from + term]!;
    return counts;
  }
}

/** From every sentence on, the widest window that fits. */
export function windowsOf(passage: Parsed, maxWidth: number): Window[] {
  const { length } = passage.sentences;
  const windows: Window[] = [];
  let end = 0;
  for (let first = 0; first < length; first++) {
    end = Math.max(end, first + 1);
    while (end < length && passage.width(first, end + 1) <= maxWidth) end++;
    windows.push({ passage, first, end });
  }
  return windows;
}
