import { type Passage, parsePassages } from './passages.ts';
import { Question } from './question.ts';
import { bestWindows } from './ranking.ts';

export type { Passage } from './passages.ts';

export interface ExcerptsOptions {
  /** How many at most. @default 3 */
  readonly max?: number;
  /** How long each at most, in UTF-16 code units, up to 4000; a wide character (Han, Kana, Hangul) counts two. @default 400 */
  readonly maxChars?: number;
  /**
   * The share of what the question is about, or the one of its sentences that fits best, that the best excerpt must hold together with
   * what stands around it, and the others half of that share, from 0 (no gate) to 1: junk is worse than nothing.
   * @default 0.375
   */
  readonly minRelevance?: number;
}

export interface Excerpt {
  /** Exactly `passage.text.slice(start, end)`: whole sentences wherever they fit, never a part of a word. */
  readonly text: string;
  /** The passage's index in the list given. */
  readonly passage: number;
  readonly start: number;
  readonly end: number;
  /** Comparable within one call only. */
  readonly score: number;
  readonly source?: string;
}

const MOST_QUESTION = 4000;
const DEFAULT_RELEVANCE = 0.375;
/** The largest `maxChars`. */
export const MOST_MAX_CHARS = 4000;

/**
 * The parts of the passages that bear most on the question, best first: BM25 over windows of sentences plus BM25 over passages,
 * with the beginnings of words instead of a stemmer, in any language. No sentence comes twice. Nothing at all comes back when
 * not even the best holds `minRelevance`; once it does, the others need hold half of that.
 *
 * Pure, synchronous and bounded, so that no request stalls the others: what is looked at are the first 200 passages, altogether
 * 100,000 characters of them in their NFKC form (in scripts without spaces a quarter of that, or less where sentences are short)
 * and 2,000 sentences, of which every passage has its share and the shorter ones leave to the longer what they do not need; and
 * of a question the first and the last 2,000 characters and 64 words. Never throws: what is no passage is passed over, and a bad
 * option is as if it were not given.
 */
export function excerpts(
  question: string,
  passages: readonly (string | Passage)[],
  options: ExcerptsOptions = {},
): Excerpt[] {
  const max = read(options, 'max', 3);
  const maxChars = Math.min(read(options, 'maxChars', 400), MOST_MAX_CHARS);
  const minRelevance = read(options, 'minRelevance', DEFAULT_RELEVANCE, 0);
  if (typeof question !== 'string') return [];
  const asked = new Question(
    question.length > MOST_QUESTION
      ? `${question.slice(0, MOST_QUESTION / 2)} ${question.slice(-MOST_QUESTION / 2)}`
      : question,
  );
  if (asked.words === 0) return [];
  return bestWindows(parsePassages(passages, asked, maxChars), asked, { max, maxChars, minRelevance }).map(
    ({ window, score }) => {
      const { passage, first, end } = window;
      const from = passage.sentences[first]!.start;
      const to = passage.sentences[end - 1]!.end;
      const { source } = passage;
      return {
        text: passage.text.slice(from, to),
        passage: passage.index,
        start: from,
        end: to,
        score,
        ...(source !== undefined && { source }),
      };
    },
  );
}

function read(options: ExcerptsOptions, name: keyof ExcerptsOptions, otherwise: number, least = 1): number {
  try {
    const given: unknown = options?.[name];
    return typeof given === 'number' && given >= least ? given : otherwise;
  } catch {
    return otherwise; // a getter threw
  }
}
