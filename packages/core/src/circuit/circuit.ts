import { type Outcome, type ReasonedVerdict, verdictIn } from '../classify.ts';
import { type Clock, momentOf } from '../clock.ts';
import { OptionsError } from '../errors.ts';
import { type CircuitMode, Events, type Verdict } from '../events.ts';
import { expectOption, rules } from '../options.ts';
import type { Call } from './call.ts';
import { type CircuitOptions, CircuitPlan } from './circuit-options.ts';
import { resumeCounts } from './counts-snapshot.ts';
import { type Arrival, Entrance } from './entrance.ts';
import { Machine } from './machine.ts';
import { type CircuitHealth, type CircuitMetrics, healthOf, metricsOf, openTimeLeft } from './metrics.ts';
import { judgeOutcome } from './outcome-judge.ts';
import type { Permit, Refusal } from './permit.ts';
import type { Enter } from './permitted-calls.ts';
import { Retrier } from './retrier.ts';
import type { RunOptions } from './run-options.ts';
import { Runner } from './runner.ts';
import { shownOptions } from './shown-options.ts';
import { type CircuitSnapshot, parseCircuitSnapshot, snapshotOf, stateOf } from './snapshot.ts';
import { type StateName, shownState } from './state.ts';

/** What a circuit may be called. */
export const circuitName = rules.rule(
  'a string that is not empty and has no lone surrogates',
  // What has those can be written in no header: a Display String is UTF-8 (RFC 9651 §3.3.8).
  (value) => typeof value === 'string' && value !== '' && !/\p{Surrogate}/u.test(value),
);

/** For every circuit that is given no options. */
const defaults = new CircuitPlan('Circuit', {});

/**
 * A circuit breaker: counts what becomes of calls to one dependency, refuses them for a while once it fails, and then tries
 * again with a few. It has no timers.
 */
export class Circuit {
  readonly #machine: Machine;
  #plan: CircuitPlan;
  #runner: Runner | undefined;
  #retrier: Retrier | undefined;
  #entrance: Entrance | undefined;

  /**
   * @param name shown in metadata, headers and events
   * @param options a plan is what the circuits of a set share
   * @param events where its events go
   * @throws OptionsError
   */
  constructor(name: string, options: CircuitOptions | CircuitPlan = defaults, events: Events = new Events()) {
    expectOption('name', name, circuitName);
    this.#plan = options instanceof CircuitPlan ? options : new CircuitPlan('Circuit', options);
    this.#machine = new Machine(name, this.#plan.settings, events);
  }

  get name(): string {
    return this.#machine.name;
  }

  /** For a circuit made by key, the name that was given to `keyed`; `undefined` for any other. */
  get family(): string | undefined {
    return this.#plan.family;
  }

  /** Where its events go. */
  get events(): Events {
    return this.#machine.events;
  }

  /** The clock that its durations are measured with. */
  get clock(): Clock {
    return this.#machine.settings.clock;
  }

  /** The state that a call would find: `half_open` once the open time is over, `open` while forced open. Reading changes nothing. */
  get state(): StateName {
    return shownState(this.#machine, this.clock.now());
  }

  get mode(): CircuitMode {
    return this.#machine.mode;
  }

  /** Milliseconds until it probes; `undefined` unless it is open, and while forced open. */
  get retryAfterMs(): number | undefined {
    return openTimeLeft(this.#machine, this.clock.now());
  }

  /** Calls that are under way. */
  get inFlight(): number {
    return this.#machine.inFlight;
  }

  /** Whether the next call may be refused. Reading changes nothing. */
  get mayRefuse(): boolean {
    return this.#machine.mayRefuse;
  }

  /**
   * With nothing in flight and no override: closed without a failure of late, or due for a probe for the longest open time. Nothing would be
   * lost with it.
   */
  get isIdle(): boolean {
    return this.#machine.isIdle;
  }

  /** Its options with their defaults, as JSON: functions are left out, and what is not set. */
  get options(): Readonly<Record<string, unknown>> {
    return shownOptions(this.#machine.settings);
  }

  /** Asks to make a call now: waits in no line, and asks no `rateLimit`. Never throws, and makes no `Error`. Settle the permit in every case. */
  admit(): Permit | Refusal {
    return this.#machine.admit();
  }

  /** Whether `enter` does more than `admit`. */
  get limitsEntry(): boolean {
    const { maxQueued, rateLimit } = this.#machine.settings;
    return maxQueued > 0 || rateLimit !== undefined;
  }

  /**
   * Asks to make a call, as `run` does: waits in line where `maxQueued` says so, and asks the `rateLimit`. Never throws or rejects. Plain
   * unless it waits.
   *
   * @returns `undefined` when the caller's `signal` aborted while it waited: nothing is counted
   */
  enter(arrival?: Arrival): Permit | Refusal | Promise<Permit | Refusal | undefined> {
    return this.#enter(arrival);
  }

  /**
   * Calls `fn` if the circuit lets it, again if the `retry` option says so, and counts what becomes of it. A call whose caller's `signal` has aborted by the time
   * it fails is neither a success nor a failure.
   *
   * @throws CircuitOpenError, OverloadedError when it is refused; DeadlineError at `timeoutMs`; the reason of a `signal` that
   * has aborted before; what `fn` throws. All as rejections.
   */
  run<T>(fn: (call: Call) => T | PromiseLike<T>, options?: RunOptions): Promise<T> {
    this.#runner ??= new Runner(this.#machine, this, (arrival, mostMs) => this.#enter(arrival, mostMs));
    const { retry } = this.#machine.settings;
    if (retry === undefined) return this.#runner.run(fn, options);
    this.#retrier ??= new Retrier(this.#machine, this.#runner);
    return this.#retrier.run(fn, options, retry);
  }

  /** `fn`, called through `run`. `this` and the arguments are passed on. */
  wrap<This, A extends unknown[], R>(
    fn: (this: This, ...args: A) => R | PromiseLike<R>,
  ): (this: This, ...args: A) => Promise<R> {
    const circuit = this;
    return function (...args) {
      return circuit.run(() => fn.apply(this, args));
    };
  }

  /** What `judge` says of the dependency. */
  verdictOf(outcome: Outcome): Verdict {
    return verdictIn(this.judge(outcome));
  }

  /**
   * What an outcome says about the dependency, by the `classify` option, and why a tier answers where that says so. Nothing, of an
   * error that an inner circuit has counted or refused, but where `classify` lists its class. A classifier that throws or returns none
   * of the three words makes it a failure, and an `option_failed` event. Ask before the permit is settled.
   */
  judge(outcome: Outcome): Verdict | ReasonedVerdict {
    return judgeOutcome(outcome, this.#machine, this);
  }

  metrics(): CircuitMetrics {
    return metricsOf(this.#machine);
  }

  health(): CircuitHealth {
    return healthOf(this.#machine);
  }

  /** Refuses every call until `clearOverride` or `forceClose`. The state beneath goes on. */
  forceOpen(why?: string): void {
    this.#machine.override('forced_open', why);
  }

  /** Closes at once and clears overrides; the rules go on. */
  forceClose(why?: string): void {
    this.#machine.forceClose(why);
  }

  /** Admits every call, and counts nothing that could trip, until `clearOverride` or `forceClose`. */
  disable(why?: string): void {
    this.#machine.override('disabled', why);
  }

  /** Resumes from the state beneath `forceOpen` or `disable`. */
  clearOverride(why?: string): void {
    this.#machine.override(undefined, why);
  }

  /** As when it was made: closed, no override, an empty window. Options, listeners and the counts of `metrics` stay. */
  reset(why?: string): void {
    this.#machine.reset(why);
  }

  /**
   * Changes options, and keeps state, counts and listeners. Of `retry` the members that are not named stay, its `when` among them; what else is
   * an object (`rateLimit`, `classify`) is replaced whole. An open time that is under way is cut to a new `resetTimeoutMaxMs`, and not
   * otherwise changed.
   *
   * @throws OptionsError for a bad patch, which is refused whole; `clock` cannot be changed
   */
  update(patch: CircuitOptions): void {
    const plan = this.#plan.patched(patch);
    if (plan.settings.clock !== this.clock)
      throw new OptionsError('`clock` cannot be changed: the times of two clocks do not compare.');
    this.#machine.configure(plan.settings);
    this.#plan = plan;
  }

  /** Its state as JSON, and what it has counted, for `restore` after a restart. */
  snapshot(): CircuitSnapshot {
    return snapshotOf(this.#machine);
  }

  /**
   * Takes up the state of a snapshot; the time since then counts. Counts go on from those of the snapshot, if they are less.
   *
   * @throws OptionsError for anything that is no snapshot
   */
  restore(snapshot: CircuitSnapshot): void {
    const parsed = parseCircuitSnapshot(this.name, snapshot);
    this.#machine.resume(stateOf(parsed, this.#machine));
    const { override, overrideAt, why } = parsed;
    const since = overrideAt === undefined ? undefined : momentOf(overrideAt, this.clock);
    if (override) this.#machine.override(override, why, since);
    if (parsed.counts) resumeCounts(this.#machine, parsed.counts);
  }

  #enter(arrival: Arrival | undefined, mostMs?: number): ReturnType<Enter> {
    if (!this.limitsEntry) return this.#machine.admit();
    this.#entrance ??= new Entrance(this.#machine);
    return this.#entrance.enter(arrival, mostMs);
  }
}
