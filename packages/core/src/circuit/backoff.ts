import type { CircuitSettings } from './circuit-options.ts';

/** How much of the settings the open time depends on. */
export type BackoffSettings = Pick<
  CircuitSettings,
  'resetTimeoutMs' | 'resetBackoff' | 'resetTimeoutMaxMs' | 'jitter' | 'random'
>;

/**
 * How long to stay open after `failedRounds` half-open rounds have failed, in milliseconds; `resetTimeoutMaxMs` at most.
 * Jitter that would lead beyond the limit is reflected at it, not cut: cut, half of a fleet would come back at one moment.
 */
export function openTime(failedRounds: number, settings: BackoffSettings): number {
  const { resetTimeoutMs, resetBackoff, resetTimeoutMaxMs, jitter } = settings;
  const base = Math.min(resetTimeoutMs * resetBackoff ** failedRounds, resetTimeoutMaxMs) || 0;
  const jittered = base * (1 + jitter * (2 * drawn(settings.random) - 1));
  return jittered > resetTimeoutMaxMs ? 2 * resetTimeoutMaxMs - jittered : jittered;
}

/** Failed rounds are forgotten one by one, each after a `windowMs` in closed without a trip: flapping stays damped. */
export function decayed(failedRounds: number, closedMs: number, windowMs: number): number {
  return Math.max(0, failedRounds - Math.floor(Math.max(0, closedMs) / windowMs));
}

/** The user's generator; the middle of the range where it throws or leaves 0 to 1. */
function drawn(random: () => number): number {
  try {
    const value = random();
    return value >= 0 && value <= 1 ? value : 0.5;
  } catch {
    return 0.5;
  }
}
