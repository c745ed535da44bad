import type { Verdict } from '../events.ts';
import type { Arrival } from './entrance.ts';

export interface RunOptions extends Arrival {
  /** A deadline of this call, in milliseconds, where it is before the circuit's own. @default none */
  readonly timeoutMs?: number | undefined;
}

/** For one that calls again. */
export interface WatchedRunOptions extends RunOptions {
  /** `timeoutMs` is too short to say anything: when it is over, that is no failure. The circuit's own deadline is one all the same. */
  readonly isCutShort?: boolean | undefined;
  /** Told what a failed call was judged, once. What was refused, and what an abort ended, is not judged. */
  readonly onJudged?: ((verdict: Verdict) => void) | undefined;
}

/** The deadline of a call, in milliseconds; 0 is none. */
export function deadlineOf({ timeoutMs }: { readonly timeoutMs: number }, options: RunOptions | undefined): number {
  const own = options?.timeoutMs;
  if (own === undefined || !(own > 0)) return timeoutMs;
  return timeoutMs > 0 ? Math.min(own, timeoutMs) : own;
}
