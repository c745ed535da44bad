import { hrtime } from 'node:process';

/** Where time comes from. Injected in tests; everything that decides uses `now`, everything that shows uses `wall`. */
export interface Clock {
  /** Milliseconds, monotonic, from an arbitrary start, with a fraction. A jump of the wall clock does not move it. */
  now(): number;
  /** Milliseconds since the Unix epoch, for showing only. */
  wall(): number;
}

/** When a wall time was, by `now`. One from the future is now: the wall clock was set back. */
export function momentOf(at: number, clock: Clock): number {
  return clock.now() - Math.max(0, clock.wall() - at);
}

/** The process's clock. `hrtime` is read because it costs two thirds of `performance.now()`. */
export const systemClock: Clock = {
  now() {
    const time = hrtime();
    return time[0] * 1e3 + time[1] / 1e6;
  },
  wall: () => Date.now(),
};

/** Node's longest timer, in milliseconds; a longer one would fire at once. */
export const mostTimerMs = 2 ** 31 - 1;
