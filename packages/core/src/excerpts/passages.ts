import type { Question } from './question.ts';
import { sentencesOf } from './sentences.ts';
import { countedWords, type Parsed, type Sentence, summed } from './windows.ts';
import { isUnspaced, wordSegmenter, wordsOf } from './words.ts';

export interface Passage {
  readonly text: string;
  /** Where it is from: handed through to its excerpts. */
  readonly source?: string | undefined;
  /** Helps to find the passage; it is not quoted. */
  readonly title?: string | undefined;
  /** How relevant the retriever holds it to be, on any scale: decides among equals. */
  readonly score?: number | undefined;
}

// So much is looked at that it takes some 20 ms at the worst.
const MOST_PASSAGES = 500;
const MOST_SENTENCES = 3000;
const MOST_CHARACTERS = 150_000;
const MOST_TITLE = 200;
/** What a character takes where words have to be found without spaces, in those of others. */
const UNSPACED = 4;
/** Characters on both sides that tell where a word begins. */
const AROUND = 500;

/** Those of the passages that are some, taken apart as far as the bounds allow: the one that the retriever likes best first. */
export function parsePassages(passages: readonly (string | Passage)[], question: Question, maxWidth: number): Parsed[] {
  const readable = passages.slice(0, MOST_PASSAGES).flatMap(readPassage);
  const share = fairShare(readable.map(({ text }) => text.length));
  let sentences = MOST_SENTENCES;
  let characters = MOST_CHARACTERS;

  const parse = ({ text: whole, title, index }: Readable): Parsed => {
    const text = beginning(whole, share);
    const parsed: Sentence[] = [];
    for (const stretch of sentencesOf(text, maxWidth, sentences)) {
      const own = text.slice(stretch.start, stretch.end);
      characters -= isUnspaced(own) ? UNSPACED * own.length : own.length;
      if (characters < 0) break;
      parsed.push({ ...stretch, text: own, ...countedWords(wordsOf(own), question) });
    }
    sentences -= parsed.length;
    return { text, index, sentences: parsed, ...summed([countedWords(wordsOf(title), question), ...parsed], question) };
  };
  return readable.sort((a, b) => b.preference - a.preference || a.index - b.index).map(parse);
}

interface Readable {
  readonly text: string;
  readonly title: string;
  readonly index: number;
  readonly preference: number;
}

function readPassage(passage: string | Passage, index: number): Readable[] {
  const { text, title, score }: Partial<Passage> = typeof passage === 'string' ? { text: passage } : (passage ?? {});
  if (typeof text !== 'string') return [];
  return [
    {
      text,
      title: typeof title === 'string' ? title.slice(0, MOST_TITLE) : '',
      index,
      preference: typeof score === 'number' && !Number.isNaN(score) ? score : Number.NEGATIVE_INFINITY,
    },
  ];
}

/** The greatest length at which texts of such lengths, cut to it, are no longer than `MOST_CHARACTERS` together. */
function fairShare(lengths: readonly number[]): number {
  let left = MOST_CHARACTERS;
  let count = lengths.length;
  for (const length of [...lengths].sort((a, b) => a - b)) {
    const share = Math.floor(left / count);
    if (length > share) return share;
    left -= length;
    count--;
  }
  return MOST_CHARACTERS;
}

/** The first characters of a text, up to where a word begins: none is cut. */
function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const near = Math.min(AROUND, most);
  const word = wordSegmenter.segment(text.slice(most - near, most + AROUND)).containing(near);
  return text.slice(0, most - near + (word?.index ?? 0));
}
