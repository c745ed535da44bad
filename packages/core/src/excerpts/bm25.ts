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

/** What terms weigh that are `found` in so many of all pieces: always above 0 (Lucene's form of Robertson and Spärck Jones's). */
export function inverseFrequency(found: Uint32Array, pieces: number): Float64Array {
  const all = Math.max(pieces, LEAST_PIECES);
  return Float64Array.from(found, (having) => Math.log(1 + (all - having + 0.5) / (having + 0.5)));
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
