import type { TripRule, Verdict } from '../events.ts';
import type { CircuitSettings } from './circuit-options.ts';
import { windowMet } from './rules.ts';
import type { Stay } from './stay.ts';
import { Streak } from './streak.ts';
import { createWindow, type Window } from './window.ts';

export interface Closed extends Stay {
  readonly kind: 'closed';
  /** Made by the first failure in a row. */
  streak: Streak | undefined;
  window: Window;
  /** When shadow mode may next say that it would trip. */
  quietUntil: number | undefined;
}

export function closed(since: number, failedRounds: number, settings: CircuitSettings): Closed {
  const window = createWindow(settings);
  return {
    kind: 'closed',
    since,
    failedRounds,
    notBefore: undefined,
    streak: undefined,
    window,
    quietUntil: undefined,
  };
}

/** Counts an outcome, and says which rule it meets. */
export function recordOutcome(
  state: Closed,
  now: number,
  verdict: Verdict,
  slow: boolean,
  settings: CircuitSettings,
): TripRule | undefined {
  const { window } = state;
  if (verdict === 'ignore') {
    if (!slow) return undefined;
    window.advance(now);
    window.addWaited();
    return windowMet(window, settings);
  }
  window.advance(now);
  window.add(verdict === 'failure', slow);
  if (verdict === 'success') {
    state.streak = undefined;
    return windowMet(window, settings);
  }
  state.streak ??= new Streak();
  const isLong = state.streak.failed(now, settings.failureThreshold, settings.windowMs);
  return isLong ? 'streak' : windowMet(window, settings);
}
