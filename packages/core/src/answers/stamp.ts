import type { Clock } from '../clock.ts';

const made = new WeakMap<Clock, Stamps>();
/** A power of two, so that sums of it with milliseconds since 1970 are exact. */
const STEP_MS = 2 ** -10;
/** A clock that was set back further is followed. */
const MOST_LEAD_MS = 1000;

/** The stamps of a clock, the same each time. */
export function stampsOf(clock: Clock): Stamps {
  let stamps = made.get(clock);
  if (stamps === undefined) {
    stamps = new Stamps(clock);
    made.set(clock, stamps);
  }
  return stamps;
}

/** The wall time, never the same twice: what happens within one millisecond still has an order. */
export class Stamps {
  readonly #clock: Clock;
  #last = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): number {
    const wall = this.#clock.wall();
    const lead = this.#last - wall;
    this.#last = lead >= 0 && lead < MOST_LEAD_MS ? this.#last + STEP_MS : wall;
    return this.#last;
  }
}
