/** A power of two. */
export const CELLS = 2 ** 16;

/**
 * When each path was last changed, in a table of fixed size: paths share a cell by chance, so that a note never gets lost, but many
 * may make another path's answers look out of date. 512 KiB, from the first note on.
 */
export class PathNotes {
  #cells: Float64Array | undefined;

  get isEmpty(): boolean {
    return this.#cells === undefined;
  }

  /** `key`: hex digits of a hash. `at`: in milliseconds since the Unix epoch. */
  add(key: string, at: number): void {
    this.resume(cellOf(key), at);
  }

  /** Every note, as its cell and its time. */
  *cells(): Generator<readonly [cell: number, at: number]> {
    for (const [cell, at] of this.#cells?.entries() ?? []) if (at > 0) yield [cell, at];
  }

  /** Takes up a note from before a restart. */
  resume(cell: number, at: number): void {
    this.#cells ??= new Float64Array(CELLS);
    this.#cells[cell] = Math.max(this.#cells[cell]!, at);
  }

  /** The last change of this path, or of one that shares its cell; `undefined` without one. */
  find(key: string): number | undefined {
    return this.#cells?.[cellOf(key)] || undefined;
  }
}

const cellOf = (key: string): number => Number.parseInt(key.slice(0, 8), 16) & (CELLS - 1);
