import type { Question } from './question.ts';

/** How much of a word is there where only its stem is, and where only a word is that is like it. */
const STEM = 0.9;
const LIKE = 0.75;
/** A common character says less than a common beginning. */
const LIKE_HAN = 0.15;
/** A rarer word tells no more: those that a context about something else lacks would outweigh what it has. */
const MOST_RARE = 2;
/** A sentence that tells less than this share of the one that tells most is no question of its own. */
const LEAST_TOLD = 0.5;

/** How often each term occurs in an excerpt, and in it with what stands around it. */
export interface Read {
  readonly own: Uint32Array;
  readonly around: Uint32Array;
}

/**
 * The share of what a question is about that an excerpt holds, from 0 to 1: half by what it says, half by what stands around it.
 * Of several sentences the one counts that it answers best, for the others may well be greetings and reasons. `rareness` is the
 * inverse frequency of terms.
 */
export function relevanceOf({ own, around }: Read, question: Question, rareness: Float64Array): number {
  const weights = question.telling.map((telling, word) => telling * Math.min(rareness[word]!, MOST_RARE));
  const told = question.sentences.map((words) => words.reduce((sum, word) => sum + weights[word]!, 0));
  const least = LEAST_TOLD * Math.max(...told);
  let relevance = 0;
  question.sentences.forEach((words, sentence) => {
    const all = told[sentence]!;
    if (all === 0 || all < least) return;
    let held = 0;
    for (const word of words)
      held += weights[word]! * (presence(own, word, question) + presence(around, word, question));
    relevance = Math.max(relevance, held / all / 2);
  });
  return relevance;
}

/**
 * How much of a word is there, from 0 to 1. What is there in another form counts for most of itself: else whoever asks in a language
 * that inflects would be turned away.
 */
function presence(counts: Uint32Array, word: number, question: Question): number {
  if (counts[question.forms[word]!]! > 0) return 1;
  if (counts[word]! > 0) return STEM;
  if (counts[question.words + word]! === 0) return 0;
  return question.isHan(word) ? LIKE_HAN : LIKE;
}
