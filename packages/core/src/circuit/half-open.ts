import type { Verdict } from '../events.ts';
import type { CircuitSettings } from './circuit-options.ts';
import type { CallPermit } from './permit.ts';
import type { Stay } from './stay.ts';

export interface HalfOpen extends Stay {
  readonly kind: 'half_open';
  /** Those under way, in the order of their admission. */
  readonly probes: CallPermit[];
  /** In a row. */
  successes: number;
  failures: number;
}

export function halfOpen(since: number, failedRounds: number): HalfOpen {
  return { kind: 'half_open', since, failedRounds, notBefore: undefined, probes: [], successes: 0, failures: 0 };
}

/** Frees the place of a probe. */
export function vacate(state: HalfOpen, probe: CallPermit): void {
  const place = state.probes.indexOf(probe);
  if (place >= 0) state.probes.splice(place, 1);
}

/** Counts a probe's outcome, and says where it leads. */
export function recordProbe(
  state: HalfOpen,
  verdict: Verdict,
  slow: boolean,
  settings: CircuitSettings,
): 'close' | 'reopen' | undefined {
  // Where slowness trips, a slow probe proves no recovery.
  if (verdict === 'failure' || (slow && settings.slowCallRateThreshold !== false)) {
    state.failures++;
    state.successes = 0;
    return state.failures > settings.halfOpenFailureTolerance ? 'reopen' : undefined;
  }
  if (verdict === 'ignore') return undefined;
  state.successes++;
  return state.successes >= settings.successThreshold ? 'close' : undefined;
}
