import type { Circuit, CircuitMetrics } from '@brownout/core';

/** Milliseconds by which two looks at one clock may differ. */
const tolerance = 500;

interface Seen {
  readonly counts: readonly number[];
  /** When it would have been made, by the time that it says it has spent in its states. */
  readonly made: number;
}

/**
 * What circuits have counted, by the names that they go by: what goes takes nothing with it, and what a circuit has carried over a
 * restart is where the series of a name begin, and adds nothing to those that are there. Times are of the monotonic clock.
 */
export class GrownCounts {
  readonly totals = new Map<string, number[]>();
  readonly #seen = new WeakMap<Circuit, Seen>();
  /** The names whose series have begun. */
  readonly #begun = new Set<string>();
  #readAt = Number.NEGATIVE_INFINITY;

  /** @param counts the same ones in the same order each time */
  add(name: string, circuit: Circuit, { stateMs }: CircuitMetrics, counts: readonly number[], now: number): void {
    const made = now - stateMs.closed - stateMs.open - stateMs.half_open;
    const seen = this.#seen.get(circuit);
    this.#seen.set(circuit, { counts, made });
    // of a sudden it has spent more time than has passed since it, or all there were, was read
    const isCarriedOver = made < (seen?.made ?? this.#readAt) - tolerance;
    const isOld = isCarriedOver && this.#begun.has(name);
    const totals = this.totals.get(name) ?? counts.map(() => 0);
    this.totals.set(name, totals);
    if (isOld) return;
    for (const [at, count] of counts.entries()) totals[at]! += Math.max(0, count - (seen?.counts[at] ?? 0));
  }

  /** Every series has been told: what is made from now on is new. */
  allAreRead(now: number): void {
    for (const name of this.totals.keys()) this.#begun.add(name);
    this.#readAt = now;
  }
}
