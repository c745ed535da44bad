import type { Clock } from '../clock.ts';

const last = new WeakMap<Clock, number>();
/** A power of two, so that sums of it with milliseconds since 1970 are exact. */
const STEP_MS = 2 ** -10;
/** A clock that was set back further is followed. */
const MOST_LEAD_MS = 1000;

/** The wall time, never the same twice from one clock: what happens within one millisecond still has an order. */
export function stamp(clock: Clock): number {
  const wall = clock.wall();
  const before = last.get(clock);
  const isBehind = before !== undefined && wall <= before && before - wall < MOST_LEAD_MS;
  const stamped = isBehind ? before + STEP_MS : wall;
  last.set(clock, stamped);
  return stamped;
}
