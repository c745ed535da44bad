import { systemClock } from '../clock.ts';
import type {
  BrownoutEventName,
  BrownoutEvents,
  CircuitMode,
  Events,
  RefusalReason,
  TripRule,
  Verdict,
} from '../events.ts';
import { entered, left } from './attribution.ts';
import { openTime } from './backoff.ts';
import type { CircuitSettings } from './circuit-options.ts';
import { type Closed, closed, recordOutcome } from './closed.ts';
import { Concurrency } from './concurrency.ts';
import { Counts } from './counts.ts';
import { type HalfOpen, halfOpen, recordProbe, vacate } from './half-open.ts';
import { Latencies, latenciesKept } from './latencies.ts';
import { CallPermit, type Refusal, type Settler } from './permit.ts';
import { failedRoundsAt, open, renewed, type State } from './state.ts';
import { stayAway } from './stay.ts';
import { rebuiltWindow } from './window.ts';

/** What is particular to an event, beside its circuit and its time. */
type Particulars<N extends BrownoutEventName> = Omit<BrownoutEvents[N], 'circuit' | 'at'>;

/** A mode that was set by hand, and stands over the one of the settings. */
export interface Override {
  readonly mode: 'forced_open' | 'disabled';
  readonly why: string | undefined;
}

/** From so many calls in a window on, and while none of them failed, the clock is read for one success in eight. */
const dense = 1024;
const unreadWhenDense = 7;

/**
 * The states, and what moves a circuit from one to another. Every public method leaves a consistent state behind before
 * the first listener is called.
 *
 * Leases are looked at when a call comes or settles, and then dealt with as of the moment they ended, as a timer would have.
 */
export class Machine implements Settler {
  readonly name: string;
  readonly events: Events;
  readonly counts = new Counts();
  #settings: CircuitSettings;
  #state: State;
  #mode: CircuitMode;
  #override: Override | undefined;
  #inFlight = 0;
  /** Called when there may be room for another call. */
  onRoom: (() => void) | undefined;
  /** Made when `maxConcurrent` is set. */
  #concurrency: Concurrency | undefined;
  #latencies: Latencies | undefined;
  /** Calls until one is measured for the percentiles. */
  #unmeasured = 0;
  /** Successes that may still be counted without reading the clock. */
  #unread = 0;

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

  get inFlight(): number {
    return this.#inFlight;
  }

  get mayRefuse(): boolean {
    if (this.#mode !== 'enforce') return this.#mode === 'forced_open';
    return (
      this.#state.kind !== 'closed' || this.#inFlight >= (this.#settings.maxConcurrent ?? Number.POSITIVE_INFINITY)
    );
  }

  /** Nothing would be lost with it: closed, with nothing in flight, no failure of late, and no override. */
  get isIdle(): boolean {
    const state = this.#state;
    if (state.kind !== 'closed' || this.#inFlight > 0 || this.#override !== undefined) return false;
    const now = this.#settings.clock.now();
    state.window.advance(now);
    return state.window.failures === 0 && failedRoundsAt(state, now, this.#settings) === 0;
  }

  get latencies(): Latencies | undefined {
    return this.#latencies;
  }

  /** How long a latency counts: as long as the window, where that is one of time. */
  get latencyAgeMs(): number {
    return this.#settings.windowCalls === undefined ? this.#settings.windowMs : Number.POSITIVE_INFINITY;
  }

  /** Whether it admits, but for `maxConcurrent`. */
  get isFull(): boolean {
    const { maxConcurrent, clock, probeLeaseMs } = this.#settings;
    if (maxConcurrent === undefined || this.#mode !== 'enforce' || this.#state.kind !== 'closed') return false;
    return this.#concurrency?.isFull(maxConcurrent, clock.now(), probeLeaseMs) === true;
  }

  admit(): CallPermit | Refusal {
    const mode = this.#mode;
    if (mode === 'forced_open') return this.#refused('forced_open', undefined);
    const { maxConcurrent, clock, probeLeaseMs, slowCallMs } = this.#settings;
    const isTold = this.events.wanted('settled');
    let now = Number.NaN;
    if (mode === 'enforce' && this.#state.kind !== 'closed') {
      now = clock.now();
      if (!this.#approached(now)) return this.#refused('circuit_open', this.#openLeft(now));
    } else if (maxConcurrent !== undefined || isTold) {
      now = clock.now();
    }
    if (maxConcurrent !== undefined) {
      this.#concurrency ??= new Concurrency();
      if (mode === 'enforce' && this.#concurrency.isFull(maxConcurrent, now, probeLeaseMs))
        return this.#refused('overloaded', undefined);
    }
    const state = this.#state;
    const isSampled = this.#isSampled(state);
    const permit = new CallPermit(this, state, now, isSampled, isSampled || isTold || slowCallMs !== false);
    this.#inFlight++;
    entered();
    this.#concurrency?.add(permit);
    if (state.kind === 'half_open' && mode === 'enforce') state.probes.push(permit);
    this.events.flush();
    return permit;
  }

  /**
   * Admits a call whose success may be told by `quickSuccess` and needs no permit, and says whether it could. It is for a
   * circuit that is closed and where nothing needs to know the duration of this call.
   */
  admitQuickly(): boolean {
    if (this.#unmeasured <= 1 || this.events.wanted('settled')) return false;
    this.#unmeasured--;
    this.#inFlight++;
    entered();
    return true;
  }

  /** A call that was admitted quickly, in this generation, has succeeded. */
  quickSuccess(generation: State): void {
    this.#inFlight--;
    left();
    if (this.#countUnread(generation)) return;
    const state = this.#state;
    const now = this.#settings.clock.now();
    this.counts.add('success', now);
    if (generation !== state || state.kind !== 'closed') {
      this.counts.late++;
      return;
    }
    this.#recordClosed(state, now, 'success', false, 0);
    this.events.flush();
  }

  /** The permit of a call that was admitted quickly and did not succeed. */
  permitFor(generation: State): CallPermit {
    return new CallPermit(this, generation, Number.NaN, false, false);
  }

  /** A call has settled after its deadline had settled its permit. */
  countLate(permit: CallPermit): void {
    if (!permit.late) this.counts.late++;
  }

  settle(permit: CallPermit, verdict: Verdict, durationMs: number, isWait: boolean, retryAfterMs: number): void {
    if (!permit.pending) return;
    if (verdict === 'success' && !permit.isTimed && this.#countUnread(permit.generation)) {
      this.#retire(permit);
      this.#moved();
      return;
    }
    const now = this.#settings.clock.now();
    this.#expireProbes(now);
    if (permit.pending) this.#conclude(permit, now, verdict, durationMs, isWait, retryAfterMs);
    this.#moved();
  }

  release(permit: CallPermit): void {
    if (!permit.pending) return;
    if (this.#state.kind === 'half_open') this.#expireProbes(this.#settings.clock.now());
    if (permit.pending) {
      this.#retire(permit);
      if (this.#state.kind === 'half_open') vacate(this.#state, permit);
    }
    this.#moved();
  }

  /** Counts a call that was not admitted for a reason of its own. */
  turnAway(reason: RefusalReason, retryAfterMs: number | undefined): Refusal {
    return this.#refused(reason, retryAfterMs);
  }

  flow(permit: CallPermit): void {
    if (this.#state.kind === 'half_open') this.#expireProbes(this.#settings.clock.now());
    permit.flows = true;
    this.events.flush();
  }

  /** Changes the settings, and keeps the state and what was counted. */
  configure(settings: CircuitSettings): void {
    const before = this.#settings;
    const now = settings.clock.now();
    const state = this.#state;
    this.#settings = settings;
    this.#unread = 0;
    this.#unmeasured = 0;
    if (state.kind === 'open') state.until = Math.min(state.until, state.since + settings.resetTimeoutMaxMs);
    if (
      state.kind === 'closed' &&
      (before.windowMs !== settings.windowMs || before.windowCalls !== settings.windowCalls)
    )
      state.window = rebuiltWindow(state.window, settings, now);
    if (this.#override === undefined) this.#setMode(settings.mode, undefined);
    this.#moved();
  }

  /** Sets the mode by hand; without one, the settings' mode is back. */
  override(override: Override | undefined): void {
    this.#setOverride(override);
    this.#moved();
  }

  forceClose(): void {
    this.#setOverride(undefined);
    if (this.#state.kind !== 'closed') this.#close(this.#settings.clock.now());
    this.#moved();
  }

  reset(): void {
    this.#setOverride(undefined);
    this.#enter(closed(this.#settings.clock.now(), 0, this.#settings));
    this.#latencies = undefined;
    this.#unmeasured = 0;
    this.counts.endRow();
    this.#tell('reset', {});
    this.#moved();
  }

  /** Takes up a state that was carried over a restart. Shadow mode takes none but closed. */
  resume(state: State): void {
    const { mode, clock } = this.#settings;
    this.#enter(mode === 'shadow' ? closed(clock.now(), state.failedRounds, this.#settings) : state);
  }

  /**
   * Counts a success without reading the clock, where it may. No failure has come since that was read, so no rule can be met. What
   * this costs in truth: up to seven of more than a thousand calls may be counted in the bucket before theirs.
   */
  #countUnread(generation: object): boolean {
    const state = this.#state;
    if (this.#unread === 0 || generation !== state || state.kind !== 'closed') return false;
    this.#unread--;
    this.counts.success++;
    this.counts.successesInRow++;
    state.window.add(false, false);
    return true;
  }

  /** Something is over: tells the listeners, and those who wait for room. */
  #moved(): void {
    this.events.flush();
    this.onRoom?.();
  }

  /** Whether a call may be tried, which is where open turns into half-open. */
  #approached(now: number): boolean {
    this.#expireProbes(now);
    if (this.#state.kind === 'open' && now >= this.#state.until) {
      this.#enter(halfOpen(now, this.#state.failedRounds));
      this.counts.halfOpened++;
      this.#tell('half_opened', {});
    }
    const state = this.#state;
    return state.kind === 'half_open' ? state.probes.length < this.#settings.halfOpenMaxCalls : state.kind === 'closed';
  }

  #openLeft(now: number): number | undefined {
    return this.#state.kind === 'open' ? this.#state.until - now : undefined;
  }

  #refused(reason: RefusalReason, retryAfterMs: number | undefined): Refusal {
    this.counts.refused++;
    if (this.events.wanted('refused')) this.#tell('refused', { reason, retryAfterMs });
    this.events.flush();
    return { admitted: false, reason, retryAfterMs };
  }

  #isSampled(state: State): boolean {
    if (--this.#unmeasured > 0) return false;
    this.#unmeasured = state.kind === 'closed' ? Math.max(1, Math.floor(state.window.calls / latenciesKept)) : 1;
    return true;
  }

  #expireProbes(now: number): void {
    const state = this.#state;
    if (state.kind !== 'half_open') return;
    const lease = this.#settings.probeLeaseMs;
    for (let oldest = state.probes[0]; oldest !== undefined; oldest = state.probes[0]) {
      if (now < oldest.at + lease) return;
      this.#conclude(oldest, oldest.at + lease, oldest.flows ? 'success' : 'failure', lease, false, 0);
      if (this.#state !== state) return;
    }
  }

  #conclude(
    permit: CallPermit,
    now: number,
    verdict: Verdict,
    durationMs: number,
    isWait: boolean,
    retryAfterMs: number,
  ): void {
    this.#retire(permit);
    const { slowCallMs } = this.#settings;
    const slow = slowCallMs !== false && durationMs >= slowCallMs && (verdict !== 'ignore' || isWait);
    const state = this.#state;
    const late = permit.generation !== state;
    permit.late = late;
    this.counts.add(verdict, now);
    if (slow) this.counts.slow++;
    if (late) this.counts.late++;
    if (permit.sampled && verdict !== 'ignore' && durationMs >= 0) {
      this.#latencies ??= new Latencies();
      const most = Math.min(latenciesKept, this.#settings.windowCalls ?? latenciesKept);
      this.#latencies.add(now, durationMs, this.latencyAgeMs, most);
    }
    if (this.events.wanted('settled')) {
      const known = durationMs >= 0 ? durationMs : Math.max(0, now - permit.at) || 0;
      this.#tell('settled', { verdict, slow, durationMs: known, late });
    }
    if (late || this.#mode === 'disabled') return;
    if (state.kind === 'closed') this.#recordClosed(state, now, verdict, slow, retryAfterMs);
    else if (state.kind === 'half_open') {
      vacate(state, permit);
      this.#recordProbe(state, now, verdict, slow, retryAfterMs);
    }
  }

  /** The call is over. */
  #retire(permit: CallPermit): void {
    permit.pending = false;
    this.#inFlight--;
    left();
    this.#concurrency?.delete(permit);
  }

  #recordClosed(state: Closed, now: number, verdict: Verdict, slow: boolean, retryAfterMs: number): void {
    this.counts.addToRow(verdict);
    if (verdict === 'failure') this.#unread = 0;
    if (retryAfterMs > 0) stayAway(state, now + retryAfterMs);
    const rule = recordOutcome(state, now, verdict, slow, this.#settings);
    if (rule !== undefined) this.#trip(state, now, rule);
    else if (verdict === 'success' && isDense(state) && this.#settings.clock === systemClock)
      this.#unread = unreadWhenDense;
  }

  #trip(state: Closed, now: number, rule: TripRule): void {
    if (this.#mode === 'shadow') {
      if (state.quietUntil !== undefined && now < state.quietUntil) return;
      state.quietUntil = now + this.#settings.resetTimeoutMs;
      this.#tell('would_trip', { rule });
      return;
    }
    const openMs = this.#open(now, failedRoundsAt(state, now, this.#settings), state.notBefore);
    this.counts.tripped++;
    this.#tell('tripped', { rule, openMs });
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
    this.counts.reopened++;
    this.#tell('reopened', { openMs });
  }

  #open(now: number, failedRounds: number, notBefore = now): number {
    const longest = this.#settings.resetTimeoutMaxMs;
    const openMs = Math.min(Math.max(openTime(failedRounds, this.#settings), notBefore - now), longest);
    this.#enter(open(now, now + openMs, failedRounds));
    return openMs;
  }

  #close(now: number): void {
    this.#enter(closed(now, this.#state.failedRounds, this.#settings));
    this.counts.closed++;
    this.#tell('closed', {});
  }

  #enter(state: State): void {
    this.#state = state;
    this.#unread = 0;
  }

  #setOverride(override: Override | undefined): void {
    this.#override = override;
    this.#setMode(override?.mode ?? this.#settings.mode, override?.why);
  }

  #setMode(to: CircuitMode, why: string | undefined): void {
    const from = this.#mode;
    if (from === to) return;
    this.#mode = to;
    this.#enter(renewed(this.#state));
    this.#tell('mode_changed', { from, to, why });
    if (to === 'shadow' && this.#state.kind !== 'closed') this.#close(this.#settings.clock.now());
  }

  #tell<N extends BrownoutEventName>(name: N, particulars: Particulars<N>): void {
    if (!this.events.wanted(name)) return;
    const event = { circuit: this.name, at: this.#settings.clock.wall(), ...particulars };
    this.events.queue(name, event as unknown as BrownoutEvents[N]);
  }
}

function isDense({ window }: Closed): boolean {
  return window.calls >= dense && window.failures === 0;
}
