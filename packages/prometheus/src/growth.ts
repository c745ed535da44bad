/**
 * How much the counts of each source have grown since they were last read. One that has become less, as when an older state of a circuit
 * was restored, has grown by nothing: what is exported never goes back.
 */
export class Growth {
  readonly #last = new WeakMap<object, Float64Array>();

  /** @param counts the same ones in the same order each time */
  of(source: object, counts: readonly number[]): readonly number[] {
    const last = this.#last.get(source);
    this.#last.set(source, Float64Array.from(counts));
    if (last === undefined) return counts;
    return counts.map((count, index) => Math.max(0, count - last[index]!));
  }
}
