import type { Circuit, CircuitMetrics } from '@brownout/core';

/** Milliseconds by which two looks at one clock may differ. */
const tolerance = 500;

/**
 * Tells which circuits have taken up what was counted before a restart: of a sudden they have spent more time in their states than has
 * passed since they were read last, or since all were read that there were.
 */
export class CarriedOver {
  readonly #made = new WeakMap<Circuit, number>();
  #readAt = Number.NEGATIVE_INFINITY;

  /** Whether it has since it was asked for last. `now`: on the monotonic clock, here and below. */
  by(circuit: Circuit, { stateMs }: CircuitMetrics, now: number): boolean {
    const made = now - stateMs.closed - stateMs.open - stateMs.half_open;
    const atTheEarliest = this.#made.get(circuit) ?? this.#readAt;
    this.#made.set(circuit, made);
    return made < atTheEarliest - tolerance;
  }

  /** What is made from now on is new. */
  allAreRead(now: number): void {
    this.#readAt = now;
  }
}
