/** A piece of text as BM25 sees it: how often each term occurs, and how many words it has. */
export interface Counted {
  readonly counts: Uint32Array;
  readonly length: number;
}

/** How fast repetition stops to count, and how much length matters (Robertson, Zaragoza 2009, §3.4). */
export interface Bm25Shape {
  readonly k1: number;
  readonly b: number;
}

/** Of few pieces, a term's absence would outweigh all that is there. */
const LEAST_PIECES = 20;

/** In how few of `pieces` a term occurs, as a weight: always above 0 (Lucene's form of Robertson and Spärck Jones's). */
export function inverseFrequency(terms: number, pieces: readonly Pick<Counted, 'counts'>[]): Float64Array {
  const all = Math.max(pieces.length, LEAST_PIECES);
  const weights = new Float64Array(terms);
  for (const { counts } of pieces) for (let term = 0; term < terms; term++) if (counts[term]! > 0) weights[term]!++;
  for (let term = 0; term < terms; term++) {
    weights[term] = Math.log(1 + (all - weights[term]! + 0.5) / (weights[term]! + 0.5));
  }
  return weights;
}

/** BM25 of one piece among pieces that are `averageLength` words long. */
export function bm25(
  { counts, length }: Counted,
  weights: Float64Array,
  averageLength: number,
  { k1, b }: Bm25Shape,
): number {
  const dampening = k1 * (1 - b + (b * length) / averageLength);
  let score = 0;
  for (let term = 0; term < weights.length; term++) {
    const count = counts[term]!;
    if (count > 0) score += (weights[term]! * count * (k1 + 1)) / (count + dampening);
  }
  return score;
}
