import { systemClock } from '../clock.ts';
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
  /** Successes that may still be counted without reading the clock. */
  unread: number;
}

/** From so many calls in a window on, and while none of them failed, the clock is read for one success in eight. */
const dense = 1024;
const unreadWhenDense = 7;

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
    unread: 0,
  };
}

/**
 * Counts a success without reading the clock, where it may. No failure has come since that was read, so no rule can be met. What
 * this costs in truth: up to seven of more than a thousand calls may be counted in the bucket before theirs.
 */
export function recordUnread(state: Closed): boolean {
  if (state.unread === 0) return false;
  state.unread--;
  state.window.add(false, false);
  return true;
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
    const rule = windowMet(window, settings);
    if (rule === undefined && isDense(window) && settings.clock === systemClock) state.unread = unreadWhenDense;
    return rule;
  }
  state.unread = 0;
  state.streak ??= new Streak();
  const isLong = state.streak.failed(now, settings.failureThreshold, settings.windowMs);
  return isLong ? 'streak' : windowMet(window, settings);
}

function isDense({ calls, failures }: Window): boolean {
  return calls >= dense && failures === 0;
}
