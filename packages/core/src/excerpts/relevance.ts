import type { Question } from './question.ts';

/** How much of a word is there where only its stem is, and where only a word is that is like it. */
const STEM = 0.9;
const LIKE = 0.75;
/** A common character says less than a common beginning. */
const LIKE_HAN = 0.15;
/** A rarer word tells no more: those that a context about something else lacks would outweigh what it has. */
const MOST_RARE = 2;

/**
 * The share of what a question is about that is found in a piece of text, from 0 to 1. What is there in another form counts for
 * most of itself: else whoever asks in a language that inflects would be turned away. `rareness` is the inverse frequency of terms.
 */
export function relevanceOf(counts: Uint32Array, question: Question, rareness: Float64Array): number {
  const { words, telling, forms } = question;
  let total = 0;
  let held = 0;
  for (let word = 0; word < words; word++) {
    const weight = telling[word]! * Math.min(rareness[word]!, MOST_RARE);
    total += weight;
    if (counts[forms[word]!]! > 0) held += weight;
    else if (counts[word]! > 0) held += weight * STEM;
    else if (counts[words + word]! > 0) held += weight * (question.isHan(word) ? LIKE_HAN : LIKE);
  }
  return total > 0 ? held / total : 0;
}
