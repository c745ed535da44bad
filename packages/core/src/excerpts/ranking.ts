import { bm25, inverseFrequency } from './bm25.ts';
import type { Question } from './question.ts';
import { Quoted } from './quoted.ts';
import { relevanceOf } from './relevance.ts';
import { type Parsed, type Window, windowsOf } from './windows.ts';

const WINDOW = { k1: 0.8, b: 0.3 };
const PASSAGE = { k1: 1.2, b: 0.75 };
/** Once one excerpt has shown that the passages are on the topic, the others need hold only this share of `minRelevance`. */
const COMPANION = 0.5;
/** What a window with a figure is worth to a question that asks for one. */
const FIGURE = 1.5;
/** How far around an excerpt is looked for what it is about, in widths of one. */
const AROUND = 3;
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

/** A window, what was left of it when it was last looked at, and what that is worth. */
interface Candidate {
  readonly whole: Ranked;
  left: Ranked;
  /** How relevant that is, once it was asked. */
  relevance: number | undefined;
}

/** Picks the windows that bear most on the question, best first, no sentence twice. `passages` are in the order of preference. */
export function bestWindows(passages: readonly Parsed[], question: Question, options: RankingOptions): Ranked[] {
  const { max, maxChars, minRelevance } = options;
  const score = scorer(passages, question, maxChars);
  const candidates = score.windows
    .map(score.ranked)
    .filter((ranked) => ranked.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((whole): Candidate => ({ whole, left: whole, relevance: undefined }));
  const quoted = new Quoted(passages);
  const chosen: Ranked[] = [];
  while (chosen.length < max) {
    const least = minRelevance * (chosen.length === 0 ? 1 : COMPANION) - ROUNDING;
    const relevant = (candidate: Candidate) => {
      candidate.relevance ??= score.relevance(candidate.left.window);
      return candidate.relevance >= least;
    };
    const best = bestLeft(candidates, quoted, score.ranked, relevant);
    if (!best) break;
    const window = widened(best.window, quoted, maxChars);
    quoted.add(window);
    chosen.push({ window, score: best.score });
  }
  return chosen.sort((a, b) => b.score - a.score);
}

function bestLeft(
  candidates: readonly Candidate[],
  quoted: Quoted,
  ranked: (window: Window) => Ranked,
  relevant: (candidate: Candidate) => boolean,
): Ranked | undefined {
  let best: Ranked | undefined;
  let tries = 0;
  for (const candidate of candidates) {
    if (best && best.score >= candidate.whole.score) break;
    const { passage, first, end } = candidate.left.window;
    const free = Math.min(end, quoted.freeEnd(passage, first));
    if (free === first) continue;
    if (free < end) {
      candidate.left = ranked({ passage, first, end: free });
      candidate.relevance = undefined;
    }
    const { left } = candidate;
    if (left.score === 0 || (best && left.score <= best.score)) continue;
    if (relevant(candidate)) best = left;
    else if (++tries === MOST_TRIES) break;
  }
  return best;
}

/** A window with the free sentences around it, as far as they fit: what was left over tells more of what it says. */
function widened({ passage, first: from, end: to }: Window, quoted: Quoted, maxChars: number): Window {
  let first = from;
  let end = to;
  const { length } = passage.sentences;
  const free = (at: number) => at >= 0 && at < length && quoted.freeEnd(passage, at) > at;
  for (;;) {
    if (free(end) && passage.width(first, end + 1) <= maxChars) end++;
    else if (free(first - 1) && passage.width(first - 1, end) <= maxChars) first--;
    else return { passage, first, end };
  }
}

/** All windows, and what one is worth: BM25 of its own plus its passage's. */
function scorer(passages: readonly Parsed[], question: Question, maxChars: number) {
  const windows = passages.flatMap((passage) => windowsOf(passage, maxChars));
  const average = mean(windows.map(({ passage, first, end }) => passage.words(first, end)));
  const rareness = rarenessOf(
    question,
    passages.flatMap(({ sentences }) => sentences.map(({ terms }) => terms)),
  );
  const weights = weighed(rareness, question);
  const ofPassages = passageScores(passages, question);
  const counts = new Uint32Array(weights.length);
  const around = new Uint32Array(weights.length);
  return {
    windows,
    ranked(window: Window): Ranked {
      const { passage, first, end } = window;
      const length = passage.words(first, end);
      const own = bm25({ counts: passage.count(first, end, counts), length }, weights, average, WINDOW);
      const isAnswering = question.asksForNumber && passage.hasFigure(first, end);
      return { window, score: (isAnswering ? FIGURE : 1) * own + ofPassages.get(passage)! };
    },
    relevance(window: Window): number {
      const { passage, first, end } = passageAround(window, AROUND * maxChars);
      passage.count(window.first, window.end, counts);
      passage.count(first, end, around);
      for (const term of passage.titleTerms) around[term]!++;
      return relevanceOf({ own: counts, around }, question, rareness);
    },
  };
}

/** As much of the passage as is not wider, with the window in its midst where there is enough on both sides. */
function passageAround({ passage, first: from, end: to }: Window, maxWidth: number): Window {
  let first = from;
  let end = to;
  const { length } = passage.sentences;
  const spare = (maxWidth + passage.width(first, end)) / 2;
  while (end < length && passage.width(first, end + 1) <= spare) end++;
  while (first > 0 && passage.width(first - 1, end) <= maxWidth) first--;
  while (end < length && passage.width(first, end + 1) <= maxWidth) end++;
  return { passage, first, end };
}

function passageScores(passages: readonly Parsed[], question: Question): ReadonlyMap<Parsed, number> {
  const wholes = passages.map((passage) => {
    const { sentences, titleTerms, titleWords } = passage;
    const counts = passage.count(0, sentences.length, new Uint32Array(question.weights.length));
    for (const term of titleTerms) counts[term]!++;
    return { passage, counts, length: titleWords + passage.words(0, sentences.length) };
  });
  const rareness = rarenessOf(
    question,
    wholes.map(({ counts }) => [...counts.keys()].filter((term) => counts[term]! > 0)),
  );
  const weights = weighed(rareness, question);
  const average = mean(wholes.map(({ length }) => length));
  return new Map(wholes.map((whole) => [whole.passage, bm25(whole, weights, average, PASSAGE)]));
}

/** What each term weighs, by the question and by how rare it is. */
const weighed = (rareness: Float64Array, { weights }: Question) => rareness.map((rare, term) => rare * weights[term]!);

/** How rare each term is: by how few pieces have it, of which these are the terms. */
function rarenessOf(question: Question, pieces: readonly (readonly number[])[]): Float64Array {
  const found = new Uint32Array(question.weights.length);
  const last = new Int32Array(found.length).fill(-1);
  pieces.forEach((terms, piece) => {
    for (const term of terms) {
      if (last[term] !== piece) found[term]!++;
      last[term] = piece;
    }
  });
  return inverseFrequency(found, pieces.length);
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length || 1;
