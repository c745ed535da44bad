import { withoutMarkup } from './markup.ts';
import type { Question } from './question.ts';
import { sentencesOf } from './sentences.ts';
import { Parsed, type Sentence } from './windows.ts';
import { folded, isUnspaced, wordSegmenter, wordsIn } from './words.ts';

export interface Passage {
  /** Plain, Markdown or HTML: of markup no word counts, and none is cut. */
  readonly text: string;
  /** Where it is from: handed through to its excerpts. */
  readonly source?: string | undefined;
  /** Helps to find the passage; it is not quoted. */
  readonly title?: string | undefined;
  /** How relevant the retriever holds it to be, on any scale: decides among equals. */
  readonly score?: number | undefined;
}

// So much is looked at that it takes some 20 ms at the worst.
const MOST_PASSAGES = 200;
const MOST_SENTENCES = 2000;
const MOST_CHARACTERS = 100_000;
const MOST_TITLE = 200;
/** In UTF-16 code units. */
const LONGEST_WORD = 100;
/** What a character takes where words have to be found without spaces, in those of others. */
const UNSPACED = 4;
/** What it takes to begin with it, for every sentence, in characters of others. */
const SEGMENTED = 80;
/** Characters on both sides that tell where a word begins. */
const AROUND = 500;

/**
 * Those of the passages that are some, taken apart as far as the bounds allow, the one that the retriever likes best first. The
 * shortest are read first, each up to an equal share of what is left: none takes from the others what they need.
 */
export function parsePassages(passages: readonly (string | Passage)[], question: Question, maxWidth: number): Parsed[] {
  const readable: Readable[] = [];
  const most = lengthOf(passages);
  for (let index = 0; index < most; index++) {
    const passage = readPassage(passages, index);
    if (passage !== undefined) readable.push(passage);
  }
  let left: Bounds = { characters: MOST_CHARACTERS, sentences: MOST_SENTENCES };
  return readable
    .sort((a, b) => a.text.length - b.text.length || a.index - b.index)
    .map(({ preference, ...passage }, read) => {
      const share = (of: number) => Math.ceil(of / (readable.length - read));
      const bounds = { characters: share(left.characters), sentences: share(left.sentences) };
      const { parsed, taken } = parse(passage, question, maxWidth, bounds);
      left = {
        characters: Math.max(0, left.characters - taken.characters),
        sentences: left.sentences - taken.sentences,
      };
      return { preference, parsed };
    })
    .sort((a, b) => b.preference - a.preference || a.parsed.index - b.parsed.index)
    .map(({ parsed }) => parsed);
}

interface Bounds {
  readonly characters: number;
  readonly sentences: number;
}

function parse(
  { text: whole, title, source, index }: Omit<Readable, 'preference'>,
  question: Question,
  maxWidth: number,
  most: Bounds,
): { readonly parsed: Parsed; readonly taken: Bounds } {
  const text = beginning(whole, most.characters);
  const shown = withoutMarkup(text);
  const found: Sentence[] = [];
  let characters = 0;
  let sentences = 0;
  for (const stretch of sentencesOf(shown, maxWidth)) {
    if (sentences === most.sentences) break;
    const own = shown.slice(stretch.start, stretch.end);
    const compared = folded(own);
    const begun = isUnspaced(compared) ? SEGMENTED : 0;
    characters += begun > 0 || isSolid(own) ? begun + UNSPACED * compared.length : compared.length;
    if (characters > most.characters) break;
    sentences++;
    const words = wordsIn(compared);
    // Between others it is a gap; it answers nothing by itself.
    if (words.length > 0) found.push({ ...stretch, text: own, ...counted(words, question) });
  }
  const named = counted(wordsIn(folded(title).slice(0, MOST_TITLE)), question);
  const parsed = new Parsed({ text, shown, source, index }, named, found, question.weights.length);
  return { parsed, taken: { characters, sentences } };
}

/** Whether words were looked for in it one by one, as where a script has no spaces: too long to be one. */
const isSolid = (text: string) => text.length > LONGEST_WORD && !/\s/.test(text);

const counted = (words: readonly string[], question: Question) => ({
  terms: words.flatMap((word) => question.termsOf(word)),
  words: words.length,
});

interface Readable {
  readonly text: string;
  readonly title: string;
  readonly source: string | undefined;
  readonly index: number;
  readonly preference: number;
}

/** How many are looked at: none where it is no list, nor where it cannot be asked, as a proxy that has been revoked. */
function lengthOf(passages: unknown): number {
  try {
    return Array.isArray(passages) ? Math.min(passages.length, MOST_PASSAGES) : 0;
  } catch {
    return 0;
  }
}

/** Each member is read once: what a getter gives may change, and one that throws makes it no passage. */
function readPassage(passages: readonly (string | Passage)[], index: number): Readable | undefined {
  try {
    const passage = passages[index];
    const { text, title, source, score }: Partial<Passage> =
      typeof passage === 'string' ? { text: passage } : (passage ?? {});
    if (typeof text !== 'string') return undefined;
    return {
      text,
      title: typeof title === 'string' ? title.slice(0, MOST_TITLE) : '',
      source: typeof source === 'string' ? source : undefined,
      index,
      preference: typeof score === 'number' && !Number.isNaN(score) ? score : Number.NEGATIVE_INFINITY,
    };
  } catch {
    return undefined;
  }
}

/** The first characters of a text, up to where a word begins: none is cut. */
function beginning(text: string, most: number): string {
  if (text.length <= most) return text;
  const near = Math.min(AROUND, most);
  const word = wordSegmenter.segment(text.slice(most - near, most + AROUND)).containing(near);
  return text.slice(0, most - near + (word?.index ?? 0));
}
