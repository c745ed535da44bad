import type { CircuitMode, Events, RefusalReason, Verdict } from '../events.ts';
import { entered, left } from './attribution.ts';
import type { CircuitSettings } from './circuit-options.ts';
import { recordUnread } from './closed.ts';
import { Concurrency } from './concurrency.ts';
import type { Counts } from './counts.ts';
import { vacate } from './half-open.ts';
import { CallPermit, type Refusal, type Settler } from './permit.ts';
import { Sampling } from './sampling.ts';
import { failedRoundsAt, type State, type StateName } from './state.ts';
import { type Override, Transitions } from './transitions.ts';

/**
 * The calls of a circuit: admits, counts and settles them. Every public method leaves a consistent state behind before the first
 * listener is called.
 *
 * Leases are looked at when a call comes or settles, and then dealt with as of the moment they ended, as a timer would have.
 */
export class Machine implements Settler {
  readonly sampling = new Sampling();
  readonly #moves: Transitions;
  #inFlight = 0;
  /** Called when there may be room for another call. */
  onRoom: (() => void) | undefined;
  /** Made when `maxConcurrent` is set. */
  #concurrency: Concurrency | undefined;

  constructor(name: string, settings: CircuitSettings, events: Events) {
    this.#moves = new Transitions(name, settings, events);
  }

  get name(): string {
    return this.#moves.name;
  }

  get events(): Events {
    return this.#moves.events;
  }

  get counts(): Counts {
    return this.#moves.counts;
  }

  get settings(): CircuitSettings {
    return this.#moves.settings;
  }

  get mode(): CircuitMode {
    return this.#moves.mode;
  }

  get overridden(): Override | undefined {
    return this.#moves.overridden;
  }

  /** As it stands, whatever the mode and the clock say. */
  get state(): State {
    return this.#moves.state;
  }

  /** How long each state has been shown by `now`, in milliseconds. */
  stateTimes(now: number): Record<StateName, number> {
    return this.#moves.stateTimes(now);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get mayRefuse(): boolean {
    if (this.mode !== 'enforce') return this.mode === 'forced_open';
    return this.state.kind !== 'closed' || this.#inFlight >= (this.settings.maxConcurrent ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Nothing would be lost with it: nothing in flight, no override, and closed without a failure of late; or nobody has come to probe it for
   * the longest open time.
   */
  get isIdle(): boolean {
    const { state, settings } = this;
    if (this.#inFlight > 0 || this.overridden !== undefined) return false;
    const now = settings.clock.now();
    if (state.kind !== 'closed')
      return now >= (state.kind === 'open' ? state.until : state.since) + settings.resetTimeoutMaxMs;
    state.window.advance(now);
    return state.window.failures === 0 && failedRoundsAt(state, now, settings) === 0;
  }

  /** Whether it admits, but for `maxConcurrent`. */
  get isFull(): boolean {
    const { maxConcurrent, clock, probeLeaseMs } = this.settings;
    if (maxConcurrent === undefined || this.mode !== 'enforce' || this.state.kind !== 'closed') return false;
    return this.#concurrency?.isFull(maxConcurrent, clock.now(), probeLeaseMs) === true;
  }

  admit(): CallPermit | Refusal {
    const { mode } = this;
    if (mode === 'forced_open') return this.turnAway('forced_open', undefined);
    const { maxConcurrent, clock, probeLeaseMs, slowCallMs } = this.settings;
    const isTold = this.events.wanted('settled');
    let now = Number.NaN;
    if (mode === 'enforce' && this.state.kind !== 'closed') {
      now = clock.now();
      this.#expireProbes(now);
      if (!this.#moves.mayTry(now)) return this.turnAway('circuit_open', this.#openLeft(now));
    } else if (maxConcurrent !== undefined || isTold) {
      now = clock.now();
    }
    if (maxConcurrent !== undefined) {
      this.#concurrency ??= new Concurrency();
      if (mode === 'enforce' && this.#concurrency.isFull(maxConcurrent, now, probeLeaseMs))
        return this.turnAway('overloaded', undefined);
    }
    const { state } = this;
    const isSampled = this.sampling.isDue(state);
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
    if (this.events.wanted('settled') || !this.sampling.skips()) return false;
    this.#inFlight++;
    entered();
    return true;
  }

  /** A call that was admitted quickly, in this generation, has succeeded. */
  quickSuccess(generation: State): void {
    this.#inFlight--;
    left();
    if (this.#countUnread(generation)) return;
    const { state } = this;
    const now = this.settings.clock.now();
    this.counts.add('success', now);
    if (generation !== state || state.kind !== 'closed') {
      this.counts.late++;
      return;
    }
    this.#moves.record(now, 'success', false, 0);
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
    const now = this.settings.clock.now();
    this.#expireProbes(now);
    if (permit.pending) this.#conclude(permit, now, verdict, durationMs, isWait, retryAfterMs);
    this.#moved();
  }

  release(permit: CallPermit): void {
    if (!permit.pending) return;
    if (this.state.kind === 'half_open') this.#expireProbes(this.settings.clock.now());
    if (permit.pending) {
      this.#retire(permit);
      if (this.state.kind === 'half_open') vacate(this.state, permit);
    }
    this.#moved();
  }

  /** Counts a call that is not admitted. */
  turnAway(reason: RefusalReason, retryAfterMs: number | undefined): Refusal {
    this.counts.refuse(reason);
    if (this.events.wanted('refused')) this.#moves.tell('refused', { reason, retryAfterMs });
    this.events.flush();
    return { admitted: false, reason, retryAfterMs };
  }

  flow(permit: CallPermit): void {
    if (this.state.kind === 'half_open') this.#expireProbes(this.settings.clock.now());
    permit.flows = true;
    this.events.flush();
  }

  /** Changes the settings, and keeps the state and what was counted. */
  configure(settings: CircuitSettings): void {
    this.sampling.restart();
    this.#moves.configure(settings);
    this.#moved();
  }

  /** Sets the mode by hand, since now or another moment; without one, the settings' mode is back. */
  override(mode: Override['mode'] | undefined, why: string | undefined, since?: number): void {
    this.#moves.override(mode, why, since);
    this.#moved();
  }

  forceClose(why: string | undefined): void {
    this.#moves.forceClose(why);
    this.#moved();
  }

  reset(why: string | undefined): void {
    this.sampling.clear();
    this.#moves.reset(why);
    this.#moved();
  }

  /** Goes on from the times that were carried over a restart. */
  resumeTimes(before: Readonly<Record<StateName, number>>): void {
    this.#moves.resumeTimes(before);
  }

  resume(state: State): void {
    this.#moves.resume(state);
  }

  /** Counts a success without reading the clock, where it may. */
  #countUnread(generation: object): boolean {
    const { state } = this.#moves;
    if (generation !== state || state.kind !== 'closed' || !recordUnread(state)) return false;
    this.counts.success++;
    this.counts.successesInRow++;
    return true;
  }

  /** Something is over: tells the listeners, and those who wait for room. */
  #moved(): void {
    this.events.flush();
    this.onRoom?.();
  }

  #openLeft(now: number): number | undefined {
    return this.state.kind === 'open' ? this.state.until - now : undefined;
  }

  #expireProbes(now: number): void {
    const { state } = this;
    if (state.kind !== 'half_open') return;
    const lease = this.settings.probeLeaseMs;
    for (let oldest = state.probes[0]; oldest !== undefined; oldest = state.probes[0]) {
      if (now < oldest.at + lease) return;
      this.#conclude(oldest, oldest.at + lease, oldest.flows ? 'success' : 'failure', lease, false, 0);
      if (this.state !== state) return;
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
    const { slowCallMs } = this.settings;
    const slow = slowCallMs !== false && durationMs >= slowCallMs && (verdict !== 'ignore' || isWait);
    const { state } = this;
    const late = permit.generation !== state;
    permit.late = late;
    this.counts.add(verdict, now);
    if (slow) this.counts.slow++;
    if (late) this.counts.late++;
    if (permit.sampled && verdict !== 'ignore' && durationMs >= 0) {
      this.sampling.measured(now, durationMs, this.settings);
    }
    if (this.events.wanted('settled')) {
      const known = durationMs >= 0 ? durationMs : Math.max(0, now - permit.at) || 0;
      this.#moves.tell('settled', { verdict, slow, durationMs: known, late });
    }
    if (late || this.mode === 'disabled') return;
    if (state.kind === 'half_open') vacate(state, permit);
    this.#moves.record(now, verdict, slow, retryAfterMs);
  }

  /** The call is over. */
  #retire(permit: CallPermit): void {
    permit.pending = false;
    this.#inFlight--;
    left();
    this.#concurrency?.delete(permit);
  }
}
