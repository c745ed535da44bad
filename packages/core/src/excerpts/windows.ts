import type { Counted } from './bm25.ts';
import type { Question } from './question.ts';
import type { Stretch } from './sentences.ts';

/** A sentence and the question's terms in it. */
export interface Sentence extends Stretch, Counted {
  readonly text: string;
}

/** A passage taken apart. */
export interface Parsed extends Counted {
  readonly text: string;
  /** Its place in the list given. */
  readonly index: number;
  readonly sentences: readonly Sentence[];
}

/** Sentences `first` to before `end` of a passage. */
export interface Window extends Counted {
  readonly passage: Parsed;
  readonly first: number;
  readonly end: number;
}

export function countedWords(words: readonly string[], question: Question): Counted {
  const counts = new Uint32Array(question.weights.length);
  for (const word of words) for (const term of question.termsOf(word)) counts[term]!++;
  return { counts, length: words.length };
}

export function summed(pieces: readonly Counted[], question: Question): Counted {
  const counts = new Uint32Array(question.weights.length);
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    for (let term = 0; term < counts.length; term++) counts[term]! += piece.counts[term]!;
  }
  return { counts, length };
}

/** How wide sentences `first` to before `end` are together, with what stands between them. */
export function widthOf({ sentences }: Parsed, first: number, end: number): number {
  let width = 0;
  for (let index = first; index < end; index++) {
    const { width: own, start } = sentences[index]!;
    width += own + (index > first ? start - sentences[index - 1]!.end : 0);
  }
  return width;
}

export function windowOf(passage: Parsed, first: number, end: number, question: Question): Window {
  return { passage, first, end, ...summed(passage.sentences.slice(first, end), question) };
}

/** From every sentence on, the widest window that fits. */
export function windowsOf(passage: Parsed, maxWidth: number, question: Question): Window[] {
  const { sentences } = passage;
  const windows: Window[] = [];
  let end = 0;
  let width = 0;
  for (let first = 0; first < sentences.length; first++) {
    if (end < first) {
      end = first;
      width = 0;
    }
    while (end < sentences.length) {
      const more = sentences[end]!.width + (end > first ? sentences[end]!.start - sentences[end - 1]!.end : 0);
      if (width + more > maxWidth) break;
      width += more;
      end++;
    }
    windows.push(windowOf(passage, first, end, question));
    const next = sentences[first + 1];
    width -= sentences[first]!.width + (next && end > first + 1 ? next.start - sentences[first]!.end : 0);
  }
  return windows;
}
