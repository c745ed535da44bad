import { bm25, inverseFrequency } from './bm25.ts';
import type { Question } from './question.ts';
import { relevanceOf } from './relevance.ts';
import { type Parsed, type Sentence, type Window, widthOf, windowOf, windowsOf } from './windows.ts';

const WINDOW = { k1: 1.2, b: 0.3 };
const PASSAGE = { k1: 1.2, b: 0.75 };
/** Once one excerpt has shown that the passages are on the topic, the others need hold only this share of `minRelevance`. */
const COMPANION = 0.5;
const ROUNDING = 1e-9;
/** So many windows are put to the gate for each excerpt: if the best are off the topic, the rest are. */
const MOST_TRIES = 50;

export interface Ranked {
  readonly window: Window;
  readonly score: number;
}

export interface RankingOptions {
  readonly max: number;
  readonly maxChars: number;
  readonly minRelevance: number;
}

/** Picks the windows that bear most on the question, best first, no sentence twice. `passages` are in the order of preference. */
export function bestWindows(passages: readonly Parsed[], question: Question, options: RankingOptions): Ranked[] {
  const { max, maxChars, minRelevance } = options;
  const weights = weighed(
    question,
    passages.flatMap(({ sentences }) => sentences),
  );
  const ofPassages = passageScores(passages, question);
  const windows = passages.flatMap((passage) => windowsOf(passage, maxChars, question));
  const average = averageLength(windows);
  const scored = (window: Window): Ranked => {
    const own = bm25(window, weights, average, WINDOW);
    return { window, score: own === 0 ? 0 : own + ofPassages.get(window.passage)! };
  };
  const candidates = windows
    .map(scored)
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const taken = new Set<unknown>();
  const chosen: Ranked[] = [];
  while (chosen.length < max) {
    const least = minRelevance * (chosen.length === 0 ? 1 : COMPANION) - ROUNDING;
    const relevant = ({ window }: Ranked) => least <= 0 || relevanceOf(window, question, weights) >= least;
    const best = bestLeft(candidates, taken, question, scored, relevant);
    if (!best) break;
    const window = widened(best.window, taken, maxChars, question);
    for (const sentence of sentencesOf(window)) taken.add(identityOf(sentence));
    chosen.push({ window, score: best.score });
  }
  return chosen.sort((a, b) => b.score - a.score);
}

function bestLeft(
  candidates: readonly Ranked[],
  taken: ReadonlySet<unknown>,
  question: Question,
  scored: (window: Window) => Ranked,
  relevant: (ranked: Ranked) => boolean,
): Ranked | undefined {
  let best: Ranked | undefined;
  let tries = 0;
  for (const candidate of candidates) {
    if (best && best.score >= candidate.score) break;
    const { window } = candidate;
    const free = freeEnd(window, taken);
    if (free === window.first) continue;
    const left = free === window.end ? candidate : scored(windowOf(window.passage, window.first, free, question));
    if (left.score === 0 || (best && left.score <= best.score)) continue;
    if (relevant(left)) best = left;
    else if (++tries === MOST_TRIES) break;
  }
  return best;
}

/** Retrieved chunks often overlap: a sentence of some length is the same wherever it stands. */
const identityOf = (sentence: Sentence) => (sentence.text.length < 30 ? sentence : sentence.text);

const sentencesOf = ({ passage, first, end }: Window) => passage.sentences.slice(first, end);

/** Up to where none of a window's sentences is taken. */
function freeEnd({ passage: { sentences }, first, end }: Window, taken: ReadonlySet<unknown>): number {
  let free = first;
  while (free < end && !taken.has(identityOf(sentences[free]!))) free++;
  return free;
}

/** A window with the free sentences around it, as far as they fit: what was left over tells more of what it says. */
function widened(
  { passage, first: from, end: to }: Window,
  taken: ReadonlySet<unknown>,
  maxChars: number,
  question: Question,
): Window {
  const { sentences } = passage;
  let first = from;
  let end = to;
  const free = (index: number) => sentences[index] !== undefined && !taken.has(identityOf(sentences[index]));
  for (;;) {
    if (free(end) && widthOf(passage, first, end + 1) <= maxChars) end++;
    else if (free(first - 1) && widthOf(passage, first - 1, end) <= maxChars) first--;
    else return windowOf(passage, first, end, question);
  }
}

function weighed(question: Question, pieces: Parameters<typeof inverseFrequency>[1]): Float64Array {
  const weights = inverseFrequency(question.weights.length, pieces);
  for (let term = 0; term < weights.length; term++) weights[term]! *= question.weights[term]!;
  return weights;
}

function passageScores(passages: readonly Parsed[], question: Question): ReadonlyMap<Parsed, number> {
  const weights = weighed(question, passages);
  const average = averageLength(passages);
  return new Map(passages.map((passage) => [passage, bm25(passage, weights, average, PASSAGE)]));
}

const averageLength = (pieces: readonly { readonly length: number }[]) =>
  pieces.reduce((sum, { length }) => sum + length, 0) / pieces.length || 1;
