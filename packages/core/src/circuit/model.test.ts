import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BrownoutEventName, Events, eventNames } from '../events.ts';
import { Circuit } from './circuit.ts';
import type { CircuitMetrics } from './metrics.ts';
import type { Permit } from './permit.ts';

/**
 * A circuit as a plain reading of the rules: lists instead of buckets and rings, every decision made anew from everything
 * that was ever noted. It shares no code with the real one.
 */
class Model {
  kind: 'closed' | 'open' | 'half_open' = 'closed';
  stay = 0;
  since = 0;
  until = 0;
  rounds = 0;
  override: 'forced_open' | 'disabled' | undefined;
  noted: { at: number; failed: boolean; slow: boolean; waited: boolean }[] = [];
  streak: number[] = [];
  notBefore = 0;
  quietUntil = 0;
  probes: Ticket[] = [];
  held: Ticket[] = [];
  successes = 0;
  failures = 0;
  inARow = { success: 0, failure: 0 };
  calls = { success: 0, failure: 0, ignored: 0, refused: 0, slow: 0, late: 0 };
  inFlight = 0;
  told: string[] = [];
  options: Options;

  constructor(options: Options) {
    this.options = options;
  }

  get mode() {
    return this.override ?? this.options.mode;
  }

  state(now: number) {
    if (this.mode === 'forced_open') return 'open';
    if (this.mode === 'disabled') return 'closed';
    return this.kind === 'open' && now >= this.until ? 'half_open' : this.kind;
  }

  admit(now: number): Ticket | string {
    const refuse = (reason: string) => {
      this.calls.refused++;
      this.told.push(`refused ${reason}`);
      return reason;
    };
    if (this.mode === 'forced_open') return refuse('forced_open');
    if (this.mode === 'enforce') {
      this.expire(now);
      if (this.kind === 'open' && now >= this.until) {
        this.enter('half_open', now);
        this.told.push('half_opened');
      }
      if (this.kind === 'open') return refuse('circuit_open');
      if (this.kind === 'half_open' && this.probes.length >= this.options.halfOpenMaxCalls)
        return refuse('circuit_open');
      const limit = this.options.maxConcurrent;
      if (limit !== undefined) {
        if (this.held.length >= limit)
          this.held = this.held.filter((ticket) => ticket.flows || now < ticket.at + this.options.probeLeaseMs);
        if (this.held.length >= limit) return refuse('overloaded');
      }
    }
    const ticket: Ticket = { at: now, stay: this.stay, pending: true, flows: false };
    if (this.options.maxConcurrent !== undefined) this.held.push(ticket);
    if (this.mode === 'enforce' && this.kind === 'half_open') this.probes.push(ticket);
    this.inFlight++;
    return ticket;
  }

  settle(ticket: Ticket, now: number, verdict: Word, ms: number | undefined, retryAfterMs = 0) {
    if (!ticket.pending) return;
    this.expire(now);
    if (ticket.pending) this.conclude(ticket, now, verdict, ms, retryAfterMs);
  }

  release(ticket: Ticket, now: number) {
    if (!ticket.pending) return;
    this.expire(now);
    if (ticket.pending) this.retire(ticket);
  }

  flow(ticket: Ticket, now: number) {
    this.expire(now);
    if (ticket.pending) ticket.flows = true;
  }

  setOverride(to: 'forced_open' | 'disabled' | undefined, now: number) {
    const before = this.mode;
    this.override = to;
    this.modeMayHaveChanged(before, now);
  }

  forceClose(now: number) {
    this.setOverride(undefined, now);
    if (this.kind !== 'closed') this.close(now);
  }

  reset(now: number) {
    this.setOverride(undefined, now);
    this.rounds = 0;
    this.enter('closed', now);
    this.inARow = { success: 0, failure: 0 };
    this.told.push('reset');
  }

  update(patch: Partial<Options>, now: number) {
    const before = this.mode;
    const { windowMs } = this.options;
    this.options = { ...this.options, ...patch };
    if (this.options.maxConcurrent === undefined) this.held = [];
    if (this.kind === 'open') this.until = Math.min(this.until, this.since + this.options.resetTimeoutMaxMs);
    if (windowMs !== this.options.windowMs) {
      // A call is known by its bucket alone, and moves to the bucket of the new width in which that began.
      const old = this.noted.filter(({ at }) => bucket(now, windowMs) - bucket(at, windowMs) < 10);
      this.noted = old.map((call) => ({ ...call, at: Math.min(now, bucket(call.at, windowMs) * (windowMs / 10)) }));
    }
    this.modeMayHaveChanged(before, now);
  }

  modeMayHaveChanged(before: string, now: number) {
    if (before === this.mode) return;
    this.stay++;
    this.probes = [];
    this.told.push(`mode_changed ${before} ${this.mode}`);
    if (this.mode === 'shadow' && this.kind !== 'closed') this.close(now);
  }

  expire(now: number) {
    while (this.mode === 'enforce' && this.kind === 'half_open') {
      const over = this.probes.find(({ at }) => now >= at + this.options.probeLeaseMs);
      if (over === undefined) return;
      const end = over.at + this.options.probeLeaseMs;
      this.conclude(over, end, over.flows ? 'success' : 'failure', this.options.probeLeaseMs, 0);
    }
  }

  retire(ticket: Ticket) {
    ticket.pending = false;
    this.inFlight--;
    this.held = this.held.filter((other) => other !== ticket);
    this.probes = this.probes.filter((other) => other !== ticket);
  }

  conclude(ticket: Ticket, now: number, verdict: Word, ms: number | undefined, retryAfterMs: number) {
    this.retire(ticket);
    const { slowCallMs, slowCallRateThreshold } = this.options;
    const slow = slowCallMs !== false && ms !== undefined && ms >= slowCallMs;
    const late = ticket.stay !== this.stay;
    this.calls[verdict === 'ignore' ? 'ignored' : verdict]++;
    if (slow) this.calls.slow++;
    if (late) this.calls.late++;
    this.told.push(`settled ${verdict}${slow ? ' slow' : ''}${late ? ' late' : ''}`);
    if (late || this.mode === 'disabled') return;
    if (verdict === 'success') this.inARow = { success: this.inARow.success + 1, failure: 0 };
    if (verdict === 'failure') this.inARow = { success: 0, failure: this.inARow.failure + 1 };
    if (this.kind === 'half_open') {
      const failed = verdict === 'failure' || (slow && slowCallRateThreshold !== false);
      if (failed) {
        this.failures++;
        this.successes = 0;
        if (retryAfterMs > 0) this.notBefore = Math.max(this.notBefore, now + retryAfterMs);
        if (this.failures > this.options.halfOpenFailureTolerance) {
          this.rounds++;
          this.open(now);
          this.told.push('reopened');
        }
      } else if (verdict === 'success' && ++this.successes >= this.options.successThreshold) this.close(now);
      return;
    }
    if (verdict === 'ignore' && !slow) return;
    this.noted.push({ at: now, failed: verdict === 'failure', slow, waited: verdict === 'ignore' });
    if (verdict === 'success') this.streak = [];
    if (verdict === 'failure') {
      this.streak.push(now);
      if (retryAfterMs > 0) this.notBefore = Math.max(this.notBefore, now + retryAfterMs);
    }
    const rule = this.broken(now, verdict);
    if (rule === undefined) return;
    if (this.mode === 'shadow') {
      if (now < this.quietUntil) return;
      this.quietUntil = now + this.options.resetTimeoutMs;
      this.told.push(`would_trip ${rule}`);
      return;
    }
    this.rounds = this.roundsAt(now);
    this.open(now);
    this.told.push(`tripped ${rule}`);
  }

  broken(now: number, verdict: Word) {
    const { failureThreshold, failureRateThreshold, slowCallRateThreshold, minimumCalls, windowMs } = this.options;
    const recent = this.streak.filter((at) => now - at <= windowMs);
    if (verdict === 'failure' && failureThreshold !== false && recent.length >= failureThreshold) return 'streak';
    const rate = this.failureRate(now);
    if (failureRateThreshold !== false && rate !== undefined && rate > 0 && rate >= failureRateThreshold) return 'rate';
    const seen = this.window(now);
    const slow = seen.filter((call) => call.slow).length;
    if (slowCallRateThreshold === false || slow === 0 || seen.length < minimumCalls) return undefined;
    return slow / seen.length >= slowCallRateThreshold ? 'slow' : undefined;
  }

  window(now: number) {
    const { windowMs } = this.options;
    return this.noted.filter(({ at }) => bucket(now, windowMs) - bucket(at, windowMs) < 10);
  }

  failureRate(now: number) {
    const calls = this.window(now).filter(({ waited }) => !waited);
    if (this.kind !== 'closed' || calls.length < this.options.minimumCalls) return undefined;
    return calls.filter(({ failed }) => failed).length / calls.length;
  }

  roundsAt(now: number) {
    if (this.kind !== 'closed') return this.rounds;
    return Math.max(0, this.rounds - Math.floor((now - this.since) / this.options.windowMs));
  }

  open(now: number) {
    const { resetTimeoutMs, resetBackoff, resetTimeoutMaxMs } = this.options;
    let time = resetTimeoutMs;
    for (let i = 0; i < this.rounds; i++) time = Math.min(time * resetBackoff, resetTimeoutMaxMs);
    const until = Math.max(now + time, Math.min(this.notBefore, now + resetTimeoutMaxMs));
    this.enter('open', now);
    this.until = until;
  }

  close(now: number) {
    this.enter('closed', now);
    this.told.push('closed');
  }

  enter(kind: 'closed' | 'open' | 'half_open', now: number) {
    this.kind = kind;
    this.stay++;
    this.since = now;
    this.noted = [];
    this.streak = [];
    this.probes = [];
    this.notBefore = 0;
    this.quietUntil = 0;
    this.successes = 0;
    this.failures = 0;
  }
}

const bucket = (at: number, windowMs: number) => Math.floor(at / (windowMs / 10));

type Word = 'success' | 'failure' | 'ignore';
interface Ticket {
  readonly at: number;
  readonly stay: number;
  pending: boolean;
  flows: boolean;
}

interface Options {
  failureThreshold: number | false;
  failureRateThreshold: number | false;
  minimumCalls: number;
  slowCallMs: number | false;
  slowCallRateThreshold: number | false;
  windowMs: number;
  resetTimeoutMs: number;
  resetBackoff: number;
  resetTimeoutMaxMs: number;
  halfOpenMaxCalls: number;
  successThreshold: number;
  halfOpenFailureTolerance: number;
  probeLeaseMs: number;
  maxConcurrent: number | undefined;
  mode: 'enforce' | 'shadow' | 'disabled';
}

const count = (max: number, min = 1) => fc.integer({ min, max });
const options: fc.Arbitrary<Options> = fc
  .record({
    failureThreshold: fc.oneof(count(4), fc.constant<false>(false)),
    failureRateThreshold: fc.constantFrom<number | false>(0.2, 0.5, 0.75, 1, false),
    minimumCalls: count(6),
    slowCallMs: fc.constantFrom<number | false>(false, 50, 100),
    slowCallRateThreshold: fc.constantFrom<number | false>(0.5, 1, false),
    windowMs: fc.constantFrom(100, 1_000, 2_500),
    resetTimeoutMs: fc.constantFrom(0, 100, 400),
    resetBackoff: fc.constantFrom(1, 2),
    resetTimeoutMaxMs: fc.constantFrom(400, 1_000),
    halfOpenMaxCalls: count(3),
    successThreshold: count(3),
    halfOpenFailureTolerance: count(2, 0),
    probeLeaseMs: fc.constantFrom(300, 1_000),
    maxConcurrent: fc.option(count(5), { nil: undefined, freq: 3 }),
    mode: fc.constantFrom<Options['mode']>('enforce', 'enforce', 'enforce', 'enforce', 'shadow', 'disabled'),
  })
  .map((given) => (given.slowCallMs === false ? { ...given, slowCallRateThreshold: false as const } : given));

const patch = fc.record(
  {
    failureThreshold: count(4),
    minimumCalls: count(6),
    windowMs: fc.constantFrom(100, 1_000, 2_500),
    resetTimeoutMaxMs: fc.constantFrom(400, 1_000),
    halfOpenMaxCalls: count(3),
    successThreshold: count(3),
    halfOpenFailureTolerance: count(2, 0),
    probeLeaseMs: fc.constantFrom(300, 1_000),
    maxConcurrent: count(5),
    mode: fc.constantFrom<Options['mode']>('enforce', 'enforce', 'enforce', 'enforce', 'shadow', 'disabled'),
  },
  { requiredKeys: [] },
);

const which = fc.nat(7);
const durations = fc.constantFrom(1, 50, 99, 100);
const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ do: fc.constant('admit' as const) }) },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which,
      verdict: fc.constantFrom<Word>('success', 'success', 'failure', 'failure', 'failure', 'ignore'),
      ms: fc.oneof(durations, fc.constant(undefined)),
      retryAfterMs: fc.constantFrom(0, 0, 0, 200, 5_000),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(0, 1, 10, 99, 100, 250, 300, 1_000, 5_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leak' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flow' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'forceOpen' as const,
        'disable' as const,
        'clearOverride' as const,
        'clearOverride' as const,
        'forceClose' as const,
        'reset' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('update' as const), patch }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The real circuit and the model, led through the same steps and compared after each. */
class Pair {
  now = 0;
  readonly model: Model;
  readonly circuit: Circuit;
  readonly told: string[] = [];
  open: { permit: Permit; ticket: Ticket }[] = [];
  settled: { permit: Permit; ticket: Ticket }[] = [];

  constructor(given: Options) {
    const events = new Events();
    for (const name of eventNames) events.on(name, (event) => void this.told.push(inWords(name, event)));
    this.model = new Model(given);
    const { maxConcurrent, ...rest } = given;
    const clock = { now: () => this.now, wall: () => 0 };
    const limit = maxConcurrent === undefined ? {} : { maxConcurrent };
    this.circuit = new Circuit('c', { ...rest, ...limit, jitter: 0, clock }, events);
  }

  take(step: Step): void {
    const { model, circuit, now } = this;
    switch (step.do) {
      case 'admit': {
        const permit = circuit.admit();
        const ticket = model.admit(now);
        if (permit.admitted && typeof ticket !== 'string') this.open.push({ permit, ticket });
        else
          expect(permit.admitted ? 'admitted' : permit.reason).toBe(typeof ticket === 'string' ? ticket : 'admitted');
        break;
      }
      case 'settle': {
        // Now and then one that has settled before, to no effect.
        const pool = step.which === 7 && this.settled.length > 0 ? this.settled : this.open;
        const taken = this.pick(pool, step.which);
        if (taken === undefined) break;
        this.settled = [...this.settled.slice(-3), taken];
        const { verdict, retryAfterMs } = step;
        const ms = verdict === 'ignore' ? step.ms : (step.ms ?? 1);
        if (verdict === 'success') taken.permit.success(ms!);
        else if (verdict === 'failure') taken.permit.failure(ms!, { retryAfterMs });
        else taken.permit.ignore(ms);
        model.settle(taken.ticket, now, verdict, ms, verdict === 'failure' ? retryAfterMs : 0);
        break;
      }
      case 'release': {
        const taken = this.pick(this.open, step.which);
        taken?.permit.release();
        if (taken) model.release(taken.ticket, now);
        break;
      }
      case 'flow': {
        const flowing = this.open[step.which % Math.max(1, this.open.length)];
        flowing?.permit.flowing();
        if (flowing) model.flow(flowing.ticket, now);
        break;
      }
      case 'leak':
        this.leak(this.pick(this.open, step.which));
        break;
      case 'advance':
        this.now += step.ms;
        break;
      case 'forceOpen':
        circuit.forceOpen();
        model.setOverride('forced_open', now);
        break;
      case 'disable':
        circuit.disable();
        model.setOverride('disabled', now);
        break;
      case 'clearOverride':
        circuit.clearOverride();
        model.setOverride(undefined, now);
        break;
      case 'forceClose':
        circuit.forceClose();
        model.forceClose(now);
        break;
      case 'reset':
        circuit.reset();
        model.reset(now);
        break;
      case 'update':
        circuit.update(step.patch);
        model.update(step.patch, now);
        break;
    }
  }

  compare(): void {
    const { model, circuit, now } = this;
    const metrics = circuit.metrics();
    const half = model.kind === 'half_open' ? model.probes.length : 0;
    expect(half).toBeLessThanOrEqual(Math.max(model.options.halfOpenMaxCalls, half && this.probesBefore));
    this.probesBefore = half;
    expect({
      state: circuit.state,
      mode: circuit.mode,
      retryAfterMs: circuit.retryAfterMs,
      calls: metrics.calls,
      inFlight: metrics.inFlight,
      failureRate: metrics.failureRate,
      failedRounds: metrics.failedRounds,
      inARow: { success: metrics.consecutiveSuccesses, failure: metrics.consecutiveFailures },
      told: this.told,
    }).toEqual({
      state: model.state(now),
      mode: model.mode,
      retryAfterMs:
        model.mode === 'enforce' && model.kind === 'open' && now < model.until ? model.until - now : undefined,
      calls: model.calls,
      inFlight: model.inFlight,
      failureRate: model.failureRate(now),
      failedRounds: model.roundsAt(now),
      inARow: model.inARow,
      told: model.told,
    });
    this.compareTimes(metrics.stateMs);
    this.seen.push(...this.told);
    this.told.length = 0;
    model.told = [];
  }

  /** Times only grow, by what has passed, and in the state that is shown. */
  compareTimes(shown: CircuitMetrics['stateMs']): void {
    const before = this.timesBefore;
    const grown = Object.entries(shown).map(([state, ms]) => ms - before[state as keyof typeof shown]);
    expect(Math.min(...grown)).toBeGreaterThanOrEqual(0);
    expect(shown.closed + shown.open + shown.half_open).toBe(this.now);
    this.timesBefore = shown;
  }

  timesBefore: CircuitMetrics['stateMs'] = { closed: 0, open: 0, half_open: 0 };
  probesBefore = 0;
  /** Everything that was ever told. */
  readonly seen: string[] = [];

  /** Nobody ever settles it. One that flows is a response under way, whose end nobody can miss. */
  leak(left: { permit: Permit; ticket: Ticket } | undefined): void {
    if (!left?.ticket.flows) return;
    left.permit.release();
    this.model.release(left.ticket, this.now);
  }

  pick(pool: { permit: Permit; ticket: Ticket }[], at: number) {
    return pool.length === 0 ? undefined : pool.splice(at % pool.length, 1)[0];
  }
}

/** Each transition starts from the state that the one before it led to. */
function expectAlternation(seen: readonly string[]): void {
  const leads = {
    tripped: 'open',
    half_opened: 'half_open',
    reopened: 'open',
    closed: 'closed',
    reset: 'closed',
  } as const;
  const from = {
    tripped: ['closed'],
    half_opened: ['open'],
    reopened: ['half_open'],
    closed: ['half_open', 'open'],
    reset: [] as string[],
  };
  let state = 'closed';
  for (const told of seen) {
    const name = told.split(' ')[0] as keyof typeof leads;
    if (!(name in leads)) continue;
    if (name !== 'reset') expect(from[name]).toContain(state);
    state = leads[name];
  }
}

function inWords(name: BrownoutEventName, event: object): string {
  const { rule, reason, verdict, slow, late, from, to } = event as Record<string, unknown>;
  if (name === 'settled') return `settled ${verdict}${slow ? ' slow' : ''}${late ? ' late' : ''}`;
  return [name, rule, reason, from, to].filter((word) => word !== undefined).join(' ');
}

describe('Circuit, beside a plain model of it', () => {
  it('agrees with the model after every step of a random walk', () => {
    const reached: Record<string, number> = {};
    let steps = 0;
    fc.assert(
      fc.property(options, fc.array(step, { minLength: 30, maxLength: 250, size: 'max' }), (given, walk) => {
        const pair = new Pair(given);
        for (const each of walk) {
          pair.take(each);
          pair.compare();
          steps++;
        }
        expectAlternation(pair.seen);
        for (const told of pair.seen) {
          const name = told.split(' ')[0]!;
          reached[name] = (reached[name] ?? 0) + 1;
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 400) },
    );
    const { half_opened = 0, reopened = 0, closed = 0, would_trip = 0 } = reached;
    expect(Math.min(half_opened / 10, reopened, closed, would_trip)).toBeGreaterThan(20);
    console.info(`${steps} steps reached half-open ${half_opened} times: ${JSON.stringify(reached)}`);
  });

  it('closes from wherever a walk has led, once the dependency is healthy and time passes', () => {
    fc.assert(
      fc.property(options, fc.array(step, { minLength: 10, maxLength: 150, size: 'max' }), (given, walk) => {
        const pair = new Pair({ ...given, mode: 'enforce' });
        for (const each of walk) pair.take(each);
        const { circuit } = pair;
        circuit.clearOverride();
        circuit.update({ mode: 'enforce' });
        for (const left of pair.open) pair.leak(left);
        for (let i = 0; i < 40 && circuit.metrics().state !== 'closed'; i++) {
          pair.now += 1_000;
          const permit = circuit.admit();
          if (permit.admitted) permit.success(1);
        }
        expect(circuit.state).toBe('closed');
        const permit = circuit.admit();
        if (permit.admitted) permit.success(1);
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
  });
});
