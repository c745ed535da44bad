import type { Question } from './question.ts';

/** How much of a word one that is like it holds. */
const LIKE = 0.7;
/** A common character says less than a common beginning. */
const LIKE_HAN = 0.15;

/**
 * The share of the question's weight that a piece of text holds, from 0 to 1. A word that is there in another form counts for most
 * of itself: else whoever asks in a language that inflects would be turned away.
 */
export function relevanceOf(counts: Uint32Array, question: Question, weights: Float64Array): number {
  let total = 0;
  let held = 0;
  for (let word = 0; word < question.words; word++) {
    const weight = weights[word]!;
    total += weight;
    if (counts[word]! > 0) held += weight;
    else if (counts[question.words + word]! > 0) held += weight * (question.isHan(word) ? LIKE_HAN : LIKE);
  }
  return total > 0 ? held / total : 0;
}
