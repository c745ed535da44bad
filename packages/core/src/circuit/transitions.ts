import type { BrownoutEventName, BrownoutEvents, CircuitMode, Events, TripRule, Verdict } from '../events.ts';
import { openTime } from './backoff.ts';
import type { CircuitSettings } from './circuit-options.ts';
import { type Closed, closed, recordOutcome } from './closed.ts';
import { Counts } from './counts.ts';
import { type HalfOpen, halfOpen, recordProbe } from './half-open.ts';
import { failedRoundsAt, open, renewed, type State, type StateName } from './state.ts';
import { StateTimes } from './state-times.ts';
import { stayAway } from './stay.ts';
import { rebuiltWindow } from './window.ts';

/** What is particular to an event, beside its circuit and its time. */
type Particulars<N extends BrownoutEventName> = Omit<BrownoutEvents[N], 'circuit' | 'at'>;

/** A mode that was set by hand, and stands over the one of the settings. */
export interface Override {
  readonly mode: 'forced_open' | 'disabled';
  readonly why: string | undefined;
  /** On the monotonic clock. */
  readonly since: number;
}

/** The state and the mode of a circuit, and what moves it from one to another. Events are queued, not yet told. */
export class Transitions {
  readonly name: string;
  readonly events: Events;
  readonly counts = new Counts();
  #settings: CircuitSettings;
  #state: State;
  #mode: CircuitMode;
  #override: Override | undefined;
  /** Made when it first changes. */
  #times: StateTimes | undefined;

  constructor(name: string, settings: CircuitSettings, events: Events) {
    this.name = name;
    this.events = events;
    this.#settings = settings;
    this.#mode = settings.mode;
    this.#state = closed(settings.clock.now(), 0, settings);
  }

  get settings(): CircuitSettings {
    return this.#settings;
  }

  get mode(): CircuitMode {
    return this.#mode;
  }

  get overridden(): Override | undefined {
    return this.#override;
  }

  /** As it stands, whatever the mode and the clock say. */
  get state(): State {
    return this.#state;
  }

  /** Whether a call may be tried, which is where open turns into half-open. */
  mayTry(now: number): boolean {
    if (this.#state.kind === 'open' && now >= this.#state.until) {
      this.#become(halfOpen(now, this.#state.failedRounds));
      this.counts.moved('halfOpened');
      this.tell('half_opened', {});
    }
    const state = this.#state;
    return state.kind === 'half_open' ? state.probes.length < this.#settings.halfOpenMaxCalls : state.kind === 'closed';
  }

  /** Counts an outcome of a call that this state has admitted. */
  record(now: number, verdict: Verdict, slow: boolean, retryAfterMs: number): void {
    const state = this.#state;
    if (state.kind === 'closed') this.#recordClosed(state, now, verdict, slow, retryAfterMs);
    else if (state.kind === 'half_open') this.#recordProbe(state, now, verdict, slow, retryAfterMs);
  }

  /** Changes the settings, and keeps the state and what was counted. */
  configure(settings: CircuitSettings): void {
    const before = this.#settings;
    const state = this.#state;
    this.#settings = settings;
    this.#timed();
    if (state.kind === 'open') state.until = Math.min(state.until, state.since + settings.resetTimeoutMaxMs);
    if (state.kind === 'closed') {
      state.unread = 0;
      if (before.windowMs !== settings.windowMs || before.windowCalls !== settings.windowCalls)
        state.window = rebuiltWindow(state.window, settings, settings.clock.now());
    }
    if (this.#override === undefined) this.#setMode(settings.mode, undefined);
  }

  /** Sets the mode by hand; without one, the settings' mode is back. */
  override(mode: Override['mode'] | undefined, why: string | undefined, since = this.#settings.clock.now()): void {
    // the same again only tells why: it began when it did
    const began = mode !== undefined && this.#override?.mode === mode ? this.#override.since : since;
    this.#setMode(mode ?? this.#settings.mode, why);
    this.#override = mode && { mode, why, since: began };
  }

  forceClose(why: string | undefined): void {
    this.override(undefined, why);
    if (this.#state.kind !== 'closed') this.#close(this.#settings.clock.now(), true, why);
  }

  reset(why: string | undefined): void {
    this.override(undefined, why);
    const now = this.#settings.clock.now();
    this.#become(closed(now, 0, this.#settings));
    this.counts.endRow();
    this.tell('reset', { why });
  }

  /** How long each state has been shown by `now`, in milliseconds. */
  stateTimes(now: number): Record<StateName, number> {
    return (this.#times ?? new StateTimes(this.#state.since)).at(now, this);
  }

  /** Goes on from the times that were carried over a restart. */
  resumeTimes(before: Readonly<Record<StateName, number>>): void {
    this.#timed().resume(before);
  }

  /** Takes up a state that was carried over a restart. Shadow mode takes none but closed. */
  resume(state: State): void {
    const { mode, clock } = this.#settings;
    const now = clock.now();
    this.#become(mode === 'shadow' ? closed(now, state.failedRounds, this.#settings) : state);
  }

  tell<N extends BrownoutEventName>(name: N, particulars: Particulars<N>): void {
    if (!this.events.wanted(name)) return;
    const event = { circuit: this.name, at: this.#settings.clock.wall(), ...particulars };
    this.events.queue(name, event as unknown as BrownoutEvents[N]);
  }

  #recordClosed(state: Closed, now: number, verdict: Verdict, slow: boolean, retryAfterMs: number): void {
    this.counts.addToRow(verdict);
    if (retryAfterMs > 0) stayAway(state, now + retryAfterMs);
    const rule = recordOutcome(state, now, verdict, slow, this.#settings);
    if (rule !== undefined) this.#trip(state, now, rule);
  }

  #trip(state: Closed, now: number, rule: TripRule): void {
    if (this.#mode === 'shadow') {
      if (state.quietUntil !== undefined && now < state.quietUntil) return;
      state.quietUntil = now + this.#settings.resetTimeoutMs;
      this.counts.moved('wouldTrip');
      this.tell('would_trip', { rule });
      return;
    }
    const openMs = this.#open(now, failedRoundsAt(state, now, this.#settings), state.notBefore);
    this.counts.moved('tripped');
    this.tell('tripped', { rule, openMs });
  }

  #recordProbe(state: HalfOpen, now: number, verdict: Verdict, slow: boolean, retryAfterMs: number): void {
    this.counts.addToRow(verdict);
    if (retryAfterMs > 0) stayAway(state, now + retryAfterMs);
    const next = recordProbe(state, verdict, slow, this.#settings);
    if (next === 'close') this.#close(now);
    else if (next === 'reopen') this.#reopen(state, now);
  }

  #reopen(state: HalfOpen, now: number): void {
    const openMs = this.#open(now, state.failedRounds + 1, state.notBefore);
    this.counts.moved('reopened');
    this.tell('reopened', { openMs });
  }

  #open(now: number, failedRounds: number, notBefore = now): number {
    const longest = this.#settings.resetTimeoutMaxMs;
    const openMs = Math.min(Math.max(openTime(failedRounds, this.#settings), notBefore - now), longest);
    this.#become(open(now, now + openMs, failedRounds));
    return openMs;
  }

  #close(now: number, byHand = false, why?: string): void {
    this.#become(closed(now, this.#state.failedRounds, this.#settings));
    this.counts.moved('closed');
    this.tell('closed', { byHand, why });
  }

  #become(state: State): void {
    this.#timed();
    this.#state = state;
  }

  /** Before what is shown changes. What a lease has moved in the past was shown as it was until now. */
  #timed(): StateTimes {
    this.#times ??= new StateTimes(this.#state.since);
    this.#times.pass(this.#settings.clock.now(), this);
    return this.#times;
  }

  #setMode(to: CircuitMode, why: string | undefined): void {
    const from = this.#mode;
    if (from === to) return;
    this.#timed();
    this.#mode = to;
    this.#state = renewed(this.#state);
    this.tell('mode_changed', { from, to, why });
    if (to === 'shadow' && this.#state.kind !== 'closed') this.#close(this.#settings.clock.now());
  }
}
