import type { TripRule } from '../events.ts';
import type { CircuitSettings } from './circuit-options.ts';
import type { Window } from './window.ts';

/** The rule, of those that judge the window, that it meets. */
export function windowMet(window: Window, settings: CircuitSettings): Exclude<TripRule, 'streak'> | undefined {
  const { failureRateThreshold, slowCallRateThreshold } = settings;
  if (window.failures > 0 && failureRateThreshold !== false) {
    const rate = failureRate(window, settings);
    if (rate !== undefined && rate >= failureRateThreshold) return 'rate';
  }
  if (window.slow > 0 && slowCallRateThreshold !== false) {
    const rate = slowRate(window, settings);
    if (rate !== undefined && rate >= slowCallRateThreshold) return 'slow';
  }
  return undefined;
}

/** The share of failed calls; `undefined` below `minimumCalls`. */
export function failureRate(window: Window, { minimumCalls }: CircuitSettings): number | undefined {
  return window.calls < minimumCalls ? undefined : window.failures / window.calls;
}

/** The share of slow calls, of those that had a verdict or were left by a client that had waited; `undefined` below `minimumCalls`. */
export function slowRate(window: Window, { minimumCalls }: CircuitSettings): number | undefined {
  const calls = window.calls + window.waited;
  return calls < minimumCalls ? undefined : window.slow / calls;
}
