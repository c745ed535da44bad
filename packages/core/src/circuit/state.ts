import type { CircuitMode } from '../events.ts';
import { decayed } from './backoff.ts';
import type { CircuitSettings } from './circuit-options.ts';
import type { Closed } from './closed.ts';
import type { HalfOpen } from './half-open.ts';
import type { Stay } from './stay.ts';

export interface Open extends Stay {
  readonly kind: 'open';
  until: number;
}

export type State = Closed | Open | HalfOpen;
export type StateName = State['kind'];

/** A circuit's state, and the mode that it stands under. */
export interface Standing {
  readonly state: State;
  readonly mode: CircuitMode;
}

export function open(since: number, until: number, failedRounds: number): Open {
  return { kind: 'open', since, failedRounds, notBefore: undefined, until };
}

/** The same state as a new generation. Probes under way belong to the old one. */
export function renewed(state: State): State {
  if (state.kind === 'half_open') return { ...state, probes: [] };
  return state.kind === 'closed' ? { ...state, unread: 0 } : { ...state };
}

/** The state that a call would find: `half_open` when that is due; the overrides show what they do. */
export function shownState({ state, mode }: Standing, now: number): StateName {
  if (mode === 'forced_open') return 'open';
  if (mode === 'disabled') return 'closed';
  return state.kind === 'open' && now >= state.until ? 'half_open' : state.kind;
}

/** The failed rounds that still count at `now`. */
export function failedRoundsAt(state: State, now: number, settings: CircuitSettings): number {
  return state.kind === 'closed'
    ? decayed(state.failedRounds, now - state.since, settings.windowMs)
    : state.failedRounds;
}
