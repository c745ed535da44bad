import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { type BrownoutEventName, type BrownoutEvents, Events, eventNames } from '../events.ts';
import { Circuit } from './circuit.ts';
import type { CircuitOptions } from './circuit-options.ts';
import type { Permit, Refusal } from './permit.ts';

/** A circuit on a clock of its own, without jitter, and what it tells. */
function setUp(options: CircuitOptions = {}) {
  const time = { now: 1_000_000, wall: 0 };
  const events = new Events();
  const told: { name: BrownoutEventName; event: BrownoutEvents[BrownoutEventName] }[] = [];
  for (const name of eventNames) events.on(name, (event) => void told.push({ name, event }));
  const clock = { now: () => time.now, wall: () => time.wall };
  const circuit = new Circuit('c', { jitter: 0, clock, ...options }, events);
  const names = () => told.map(({ name }) => name).filter((name) => name !== 'settled');
  const of = (name: BrownoutEventName) => told.filter((entry) => entry.name === name).map(({ event }) => event);
  return { circuit, events, time, names, of };
}

function admitted(circuit: Circuit): Permit {
  const permit = circuit.admit();
  if (!permit.admitted) throw new Error(`refused: ${permit.reason}`);
  return permit;
}

function refused(circuit: Circuit): Refusal {
  const refusal = circuit.admit();
  if (refusal.admitted) throw new Error('admitted');
  return refusal;
}

function fail(circuit: Circuit, times = 1): void {
  for (let i = 0; i < times; i++) admitted(circuit).failure(1);
}

function succeed(circuit: Circuit, times = 1): void {
  for (let i = 0; i < times; i++) admitted(circuit).success(1);
}

describe('Circuit', () => {
  describe('closed', () => {
    it('trips at the fifth failure in a row, and not at the first', () => {
      const { circuit, of } = setUp();
      fail(circuit, 4);
      expect(circuit.state).toBe('closed');
      fail(circuit);
      expect(circuit.state).toBe('open');
      expect(of('tripped')).toEqual([{ circuit: 'c', at: 0, rule: 'streak', openMs: 30_000 }]);
    });

    it('trips at the fortieth failure in a row when told so', () => {
      const { circuit } = setUp({ failureThreshold: 40, failureRateThreshold: false });
      fail(circuit, 39);
      expect(circuit.state).toBe('closed');
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('starts the row again at a success, and not at an ignored call', () => {
      const { circuit } = setUp({ failureRateThreshold: false });
      fail(circuit, 4);
      succeed(circuit);
      fail(circuit, 4);
      admitted(circuit).ignore();
      expect(circuit.state).toBe('closed');
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('counts no failure older than the window towards the row', () => {
      const { circuit, time } = setUp({ failureThreshold: 2, failureRateThreshold: false });
      fail(circuit);
      time.now += 60_001;
      fail(circuit);
      expect(circuit.state).toBe('closed');
      time.now += 60_000;
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('trips at the share of failures, once there are enough calls', () => {
      const { circuit, of } = setUp({ failureThreshold: false });
      for (let i = 0; i < 4; i++) {
        fail(circuit);
        succeed(circuit);
      }
      fail(circuit);
      expect(circuit.state).toBe('closed');
      succeed(circuit);
      expect(circuit.state).toBe('open');
      expect(of('tripped')).toMatchObject([{ rule: 'rate' }]);
    });

    it('trips at a share of 1.0 when every call fails, and not when one does not', () => {
      for (const [first, state] of [
        ['success', 'closed'],
        ['failure', 'open'],
      ] as const) {
        const { circuit } = setUp({ failureThreshold: false, failureRateThreshold: 1 });
        admitted(circuit)[first](1);
        fail(circuit, 9);
        expect(circuit.state).toBe(state);
      }
    });

    it('counts failures a day old in no window', () => {
      const { circuit, time } = setUp({ failureThreshold: false, windowMs: 5_000 });
      fail(circuit, 9);
      time.now += 24 * 3_600_000;
      succeed(circuit, 8);
      fail(circuit, 2);
      expect(circuit.state).toBe('closed');
    });

    it('trips on slow successes, and on clients that left after waiting', () => {
      const { circuit, of } = setUp({ slowCallMs: 100, minimumCalls: 4, slowCallRateThreshold: 0.75 });
      admitted(circuit).success(99);
      admitted(circuit).success(100);
      admitted(circuit).ignore(5_000);
      expect(circuit.state).toBe('closed');
      admitted(circuit).ignore(100);
      expect(of('tripped')).toMatchObject([{ rule: 'slow' }]);
      expect(circuit.metrics().calls).toMatchObject({ success: 2, ignored: 2, slow: 3 });
    });

    it('counts no client that left after waiting for longer than the window', () => {
      const { circuit, time } = setUp({ slowCallMs: 100, minimumCalls: 2 });
      admitted(circuit).ignore(100);
      time.now += 60_000;
      admitted(circuit).ignore(100);
      expect(circuit.state).toBe('closed');
    });

    it('stays closed when six clients hang up', () => {
      const { circuit } = setUp();
      for (let i = 0; i < 6; i++) admitted(circuit).ignore(5_000);
      fail(circuit, 4);
      expect(circuit.state).toBe('closed');
    });

    it('slides over the last calls with `windowCalls`', () => {
      const { circuit, time } = setUp({ failureThreshold: false, windowCalls: 4 });
      fail(circuit);
      time.now += 1e9;
      succeed(circuit, 3);
      fail(circuit);
      expect(circuit.state).toBe('closed');
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('has no rule left when all are off', () => {
      const { circuit } = setUp({ failureThreshold: false, failureRateThreshold: false });
      fail(circuit, 1_000);
      expect(circuit.state).toBe('closed');
    });
  });

  describe('open', () => {
    it('refuses by a value, with the time left', () => {
      const { circuit, time, of } = setUp({ failureThreshold: 1 });
      fail(circuit);
      time.now += 1_000;
      expect(refused(circuit)).toEqual({ admitted: false, reason: 'circuit_open', retryAfterMs: 29_000 });
      expect(circuit.retryAfterMs).toBe(29_000);
      expect(of('refused')).toEqual([{ circuit: 'c', at: 0, reason: 'circuit_open', retryAfterMs: 29_000 }]);
    });

    it('shows half-open once the time is over, and reading it changes nothing', () => {
      const { circuit, time, names } = setUp({ failureThreshold: 1 });
      fail(circuit);
      time.now += 29_999.9;
      expect(circuit.state).toBe('open');
      time.now += 0.1;
      expect(circuit.state).toBe('half_open');
      expect(circuit.retryAfterMs).toBeUndefined();
      expect(circuit.health().status).toBe('degraded');
      expect(names()).toEqual(['tripped']);
      admitted(circuit);
      expect(names()).toEqual(['tripped', 'half_opened']);
    });

    it('stays open no longer when the wall clock is set back an hour', () => {
      const { circuit, time } = setUp({ failureThreshold: 1 });
      fail(circuit);
      time.wall -= 3_600_000;
      time.now += 30_000;
      expect(circuit.admit().admitted).toBe(true);
    });

    it('is not moved by what was admitted before', () => {
      const { circuit, names } = setUp({ failureThreshold: 1, successThreshold: 1 });
      const before = [admitted(circuit), admitted(circuit), admitted(circuit)] as const;
      fail(circuit);
      before[0].success(1);
      before[1].failure(1, { retryAfterMs: 200_000 });
      before[2].ignore();
      expect(circuit.state).toBe('open');
      expect(circuit.retryAfterMs).toBe(30_000);
      expect(names()).toEqual(['tripped']);
      expect(circuit.metrics().calls).toEqual({ success: 1, failure: 2, ignored: 1, refused: 0, slow: 0, late: 3 });
    });

    it('stays open as long as the upstream asks, up to the limit', () => {
      for (const [asked, opened] of [
        [45_000, 45_000],
        [10_000, 30_000],
        [1e9, 300_000],
        [Number.NaN, 30_000],
      ] as const) {
        const { circuit } = setUp({ failureThreshold: 2 });
        admitted(circuit).failure(1, { retryAfterMs: asked });
        fail(circuit);
        expect(circuit.retryAfterMs).toBe(opened);
      }
    });

    it('recovers after its options were changed', () => {
      const { circuit, time } = setUp({ failureThreshold: 1, resetTimeoutMs: 200_000 });
      fail(circuit);
      circuit.update({ resetTimeoutMaxMs: 5_000, resetTimeoutMs: 1_000, halfOpenMaxCalls: 2, successThreshold: 1 });
      expect(circuit.retryAfterMs).toBe(5_000);
      circuit.update({ windowCalls: 5, failureRateThreshold: false });
      circuit.update({ resetTimeoutMaxMs: 300_000 });
      expect(circuit.retryAfterMs).toBe(5_000);
      time.now += 5_000;
      succeed(circuit);
      expect(circuit.state).toBe('closed');
    });
  });

  describe('half-open', () => {
    function halfOpened(options: CircuitOptions = {}) {
      const set = setUp({ failureThreshold: 1, ...options });
      fail(set.circuit);
      set.time.now += 30_000;
      return set;
    }

    it('lets exactly one of a hundred callers through, and refuses the others at once', () => {
      const { circuit } = halfOpened();
      const outcomes = Array.from({ length: 100 }, () => circuit.admit());
      expect(outcomes.filter(({ admitted }) => admitted)).toHaveLength(1);
      expect(outcomes[99]).toEqual({ admitted: false, reason: 'circuit_open', retryAfterMs: undefined });
    });

    it('lets as many through at once as it is told, under stale results as well', () => {
      const { circuit, time } = setUp({ failureThreshold: 1, halfOpenMaxCalls: 3 });
      const stale = Array.from({ length: 50 }, () => admitted(circuit));
      fail(circuit);
      time.now += 30_000;
      const probes = Array.from({ length: 3 }, () => admitted(circuit));
      for (const permit of stale) permit.ignore();
      refused(circuit);
      probes[0]!.ignore();
      probes[0]!.ignore();
      probes[0]!.success(1);
      admitted(circuit);
      refused(circuit);
    });

    it('closes after so many successes in a row', () => {
      const { circuit, names } = halfOpened();
      succeed(circuit);
      expect(circuit.state).toBe('half_open');
      admitted(circuit).ignore();
      succeed(circuit);
      expect(circuit.state).toBe('closed');
      expect(names()).toEqual(['tripped', 'half_opened', 'closed']);
    });

    it('reopens at a failure, for longer each time', () => {
      const { circuit, time, of } = halfOpened();
      for (const openMs of [60_000, 120_000, 240_000, 300_000, 300_000]) {
        fail(circuit);
        expect(circuit.retryAfterMs).toBe(openMs);
        time.now += openMs;
      }
      expect(of('reopened')).toMatchObject([60_000, 120_000, 240_000, 300_000, 300_000].map((openMs) => ({ openMs })));
    });

    it('stays open longer after a recovery that did not last, and forgets that in time', () => {
      const { circuit, time } = halfOpened();
      fail(circuit);
      time.now += 60_000;
      succeed(circuit, 2);
      time.now += 59_999;
      expect(circuit.metrics().failedRounds).toBe(1);
      fail(circuit);
      expect(circuit.retryAfterMs).toBe(60_000);
      time.now += 60_000;
      succeed(circuit, 2);
      time.now += 60_000;
      fail(circuit);
      expect(circuit.retryAfterMs).toBe(30_000);
    });

    it('is not idle once it has closed, until its failed rounds are forgotten', () => {
      const { circuit, time } = halfOpened();
      fail(circuit);
      time.now += 60_000;
      succeed(circuit, 2);
      expect(circuit.isIdle).toBe(false);
      time.now += 60_000;
      expect(circuit.isIdle).toBe(true);
    });

    it('is idle again when nobody has come to probe it for the longest open time', () => {
      const { circuit, time } = setUp({ failureThreshold: 1, resetTimeoutMaxMs: 90_000, probeLeaseMs: 200_000 });
      fail(circuit);
      time.now += 30_000 + 89_999;
      expect(circuit.isIdle).toBe(false);
      time.now += 1;
      expect(circuit.isIdle).toBe(true);
      const probe = admitted(circuit);
      time.now += 90_000;
      expect(circuit.isIdle).toBe(false);
      probe.release();
      expect([circuit.state, circuit.isIdle]).toEqual(['half_open', true]);
      circuit.forceOpen();
      expect(circuit.isIdle).toBe(false);
    });

    it('tolerates as many failed probes as it is told', () => {
      const { circuit } = halfOpened({ halfOpenFailureTolerance: 1 });
      succeed(circuit);
      fail(circuit);
      succeed(circuit);
      expect(circuit.state).toBe('half_open');
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('starts with an empty window when it closes', () => {
      const { circuit, time } = setUp({ failureThreshold: false, minimumCalls: 2 });
      fail(circuit, 2);
      time.now += 30_000;
      succeed(circuit, 2);
      fail(circuit);
      expect(circuit.state).toBe('closed');
    });

    it('takes a probe that hangs for a failure when its lease ends', () => {
      const { circuit, time, names } = halfOpened({ probeLeaseMs: 5_000 });
      const hung = admitted(circuit);
      time.now += 4_999;
      refused(circuit);
      time.now += 1;
      expect(refused(circuit).retryAfterMs).toBe(60_000);
      expect(names()).toEqual(['tripped', 'half_opened', 'refused', 'reopened', 'refused']);
      hung.success(1);
      expect(circuit.metrics().calls).toMatchObject({ success: 0, failure: 2, late: 0 });
      expect(circuit.metrics().inFlight).toBe(0);
    });

    it('reopens as of the moment when the lease ended, though nobody came for an hour', () => {
      const { circuit, time } = halfOpened({ probeLeaseMs: 5_000 });
      admitted(circuit);
      time.now += 3_600_000;
      expect(circuit.admit().admitted).toBe(true);
    });

    it('takes a stream that flows for a success when its lease ends', () => {
      const { circuit, time } = halfOpened({ probeLeaseMs: 5_000, successThreshold: 1 });
      admitted(circuit).flowing();
      time.now += 5_000;
      expect(circuit.admit().admitted).toBe(true);
      expect(circuit.state).toBe('closed');
      expect(circuit.metrics().calls).toMatchObject({ success: 1, ignored: 0 });
    });

    it('takes a stream that began to flow after the lease for a failure', () => {
      const { circuit, time } = halfOpened({ probeLeaseMs: 5_000, successThreshold: 1 });
      const probe = admitted(circuit);
      time.now += 5_000;
      probe.flowing();
      expect(circuit.state).toBe('open');
    });

    it('tells at once of a lease that is found to have ended', () => {
      for (const find of ['flowing', 'release'] as const) {
        const { circuit, time, of } = halfOpened({ probeLeaseMs: 5_000 });
        const probe = admitted(circuit);
        time.now += 5_000;
        probe[find]();
        expect(of('reopened')).toHaveLength(1);
      }
    });

    it('looks at no lease for a permit that has settled', () => {
      const { circuit, time, of } = halfOpened({ probeLeaseMs: 5_000, halfOpenMaxCalls: 2 });
      const [settled, hung] = [admitted(circuit), admitted(circuit)];
      settled.ignore();
      time.now += 5_000;
      settled.release();
      settled.failure(1);
      expect(of('reopened')).toHaveLength(0);
      hung.release();
      expect(of('reopened')).toHaveLength(1);
    });

    it('takes a slow probe for a failed one where slowness trips', () => {
      const { circuit } = halfOpened({ slowCallMs: 100 });
      admitted(circuit).success(100);
      expect(circuit.state).toBe('open');
      expect(circuit.metrics().calls).toMatchObject({ success: 1, failure: 1, slow: 1 });
    });

    it('refuses no second probe for a permit that was given back', () => {
      const { circuit } = halfOpened();
      admitted(circuit).release();
      expect(circuit.metrics().calls).toEqual({ success: 0, failure: 1, ignored: 0, refused: 0, slow: 0, late: 0 });
      admitted(circuit);
    });

    it('keeps the place of a probe though an older permit is given back', () => {
      const { circuit, time } = setUp({ failureThreshold: 1 });
      const before = admitted(circuit);
      fail(circuit);
      time.now += 30_000;
      admitted(circuit);
      before.release();
      refused(circuit);
    });

    it('takes no call that was admitted while disabled for a probe', () => {
      const { circuit, time } = halfOpened({ probeLeaseMs: 5_000 });
      admitted(circuit);
      circuit.disable();
      admitted(circuit);
      time.now += 5_000;
      admitted(circuit).ignore();
      expect(circuit.metrics().calls).toMatchObject({ failure: 1, ignored: 1 });
    });

    it('opens no longer for a wait that is no number', () => {
      const { circuit } = halfOpened();
      admitted(circuit).failure(1, { retryAfterMs: Number.NaN });
      expect(circuit.retryAfterMs).toBe(60_000);
    });

    it('opens as long as a failed probe was asked to wait', () => {
      const { circuit } = halfOpened();
      admitted(circuit).failure(1, { retryAfterMs: 250_000 });
      expect(circuit.retryAfterMs).toBe(250_000);
    });
  });

  describe('modes', () => {
    it('forced open refuses without a time, and clearing it resumes the state beneath', () => {
      const { circuit, time, of } = setUp({ failureThreshold: 1 });
      fail(circuit);
      circuit.forceOpen('maintenance');
      time.now += 10_000;
      expect(refused(circuit)).toEqual({ admitted: false, reason: 'forced_open', retryAfterMs: undefined });
      expect([circuit.state, circuit.mode, circuit.retryAfterMs]).toEqual(['open', 'forced_open', undefined]);
      circuit.clearOverride();
      expect(circuit.retryAfterMs).toBe(20_000);
      expect(of('mode_changed')).toMatchObject([
        { from: 'enforce', to: 'forced_open', why: 'maintenance' },
        { from: 'forced_open', to: 'enforce', why: undefined },
      ]);
    });

    it('forced open over closed keeps the row of failures beneath', () => {
      const { circuit } = setUp({ failureThreshold: 2 });
      fail(circuit);
      circuit.forceOpen();
      circuit.clearOverride();
      expect(circuit.state).toBe('closed');
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('disabled admits everything and counts nothing that could trip', () => {
      const { circuit } = setUp({ failureThreshold: 1, maxConcurrent: 1 });
      fail(circuit);
      circuit.disable();
      admitted(circuit);
      fail(circuit, 10);
      expect([circuit.state, circuit.mode]).toEqual(['closed', 'disabled']);
      circuit.forceClose();
      expect([circuit.state, circuit.mode]).toEqual(['closed', 'enforce']);
      expect(circuit.metrics().calls.failure).toBe(11);
    });

    it('shadow says at most once per reset time that it would trip, and admits everything', () => {
      const { circuit, time, names } = setUp({ mode: 'shadow', failureThreshold: 2, maxConcurrent: 1 });
      fail(circuit, 10);
      time.now += 29_999;
      fail(circuit);
      expect(names()).toEqual(['would_trip']);
      time.now += 1;
      fail(circuit);
      expect(names()).toEqual(['would_trip', 'would_trip']);
      admitted(circuit);
      admitted(circuit);
      expect(circuit.state).toBe('closed');
    });

    it('a mode change makes results from before it count for nothing', () => {
      const { circuit } = setUp({ failureThreshold: 1 });
      const before = admitted(circuit);
      circuit.disable();
      circuit.clearOverride();
      before.failure(1);
      expect(circuit.state).toBe('closed');
      expect(circuit.metrics().calls.late).toBe(1);
    });

    it('an override outlives a change of the option', () => {
      const { circuit } = setUp({ mode: 'disabled' });
      circuit.disable();
      circuit.update({ mode: 'enforce' });
      expect(circuit.mode).toBe('disabled');
      circuit.clearOverride();
      expect(circuit.mode).toBe('enforce');
    });

    it('force close closes at once, and the rules go on', () => {
      const { circuit, names } = setUp({ failureThreshold: 1 });
      fail(circuit);
      circuit.forceOpen();
      circuit.forceClose();
      expect(circuit.state).toBe('closed');
      fail(circuit);
      expect(circuit.state).toBe('open');
      expect(names()).toEqual(['tripped', 'mode_changed', 'mode_changed', 'closed', 'tripped']);
    });

    it('turns to shadow from open by closing', () => {
      const { circuit, names } = setUp({ failureThreshold: 1 });
      fail(circuit);
      circuit.update({ mode: 'shadow' });
      admitted(circuit).success(1);
      expect([circuit.state, ...names()]).toEqual(['closed', 'tripped', 'mode_changed', 'closed']);
    });

    it('a reset makes it as new, but for its counts', () => {
      const { circuit, names } = setUp({ failureThreshold: 2 });
      const before = admitted(circuit);
      fail(circuit, 2);
      circuit.forceOpen();
      circuit.reset();
      expect([circuit.state, circuit.mode]).toEqual(['closed', 'enforce']);
      before.failure(1);
      fail(circuit);
      expect(circuit.state).toBe('closed');
      expect(circuit.metrics()).toMatchObject({
        calls: { failure: 4, late: 1 },
        consecutiveFailures: 1,
        failedRounds: 0,
      });
      expect(names()).toEqual(['tripped', 'mode_changed', 'mode_changed', 'reset']);
    });
  });

  describe('maxConcurrent', () => {
    it('refuses what is beyond it, as nothing but refused', () => {
      const { circuit } = setUp({ maxConcurrent: 2, failureThreshold: 1 });
      const first = admitted(circuit);
      admitted(circuit);
      expect(refused(circuit)).toEqual({ admitted: false, reason: 'overloaded', retryAfterMs: undefined });
      expect(circuit.metrics().calls).toEqual({ success: 0, failure: 0, ignored: 0, refused: 1, slow: 0, late: 0 });
      expect(circuit.state).toBe('closed');
      expect(circuit.inFlight).toBe(2);
      first.success(1);
      first.success(1);
      expect(circuit.inFlight).toBe(1);
      admitted(circuit);
      refused(circuit);
    });

    it('forgets calls that were leaked when their lease ends, but not streams that flow', () => {
      const { circuit, time } = setUp({ maxConcurrent: 2, probeLeaseMs: 1_000 });
      admitted(circuit).flowing();
      const leaked = admitted(circuit);
      time.now += 999;
      refused(circuit);
      time.now += 1;
      const next = admitted(circuit);
      refused(circuit);
      leaked.success(1);
      refused(circuit);
      next.success(1);
      admitted(circuit);
    });
  });

  describe('listeners', () => {
    it('harm nobody when they throw', () => {
      const { circuit, events } = setUp({ failureThreshold: 2 });
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      for (const name of eventNames)
        events.on(name, () => {
          throw new Error('listener');
        });
      fail(circuit, 2);
      refused(circuit);
      expect(circuit.metrics().calls).toMatchObject({ failure: 2, refused: 1 });
      expect(circuit.state).toBe('open');
      expect(warned).toHaveBeenCalled();
      warned.mockRestore();
    });

    it('that reset in the middle of delivery are told in the order of what happened', () => {
      const { circuit, events, names } = setUp({ failureThreshold: 1 });
      const seen: string[] = [];
      events.on('settled', () => {
        seen.push(`settled in ${circuit.state}`);
        circuit.reset();
      });
      fail(circuit);
      expect(seen).toEqual(['settled in open']);
      expect(circuit.state).toBe('closed');
      expect(names()).toEqual(['tripped', 'reset']);
    });

    it('that call again find a consistent circuit', () => {
      const { circuit, events, time } = setUp({ failureThreshold: 1 });
      const inside: boolean[] = [];
      events.on('half_opened', () => void inside.push(circuit.admit().admitted));
      fail(circuit);
      time.now += 30_000;
      expect(circuit.admit().admitted).toBe(true);
      expect(inside).toEqual([false]);
    });

    it('that reset when it half-opens leave the probe a stale one', () => {
      const { circuit, events, time } = setUp({ failureThreshold: 1 });
      events.on('half_opened', () => circuit.reset());
      fail(circuit);
      time.now += 30_000;
      admitted(circuit).failure(1);
      expect(circuit.state).toBe('closed');
      expect(circuit.metrics().calls.late).toBe(1);
    });

    it('are told of every permit once', () => {
      const { circuit, of } = setUp({ slowCallMs: 100 });
      const permit = admitted(circuit);
      permit.success(150);
      permit.failure(1);
      permit.ignore();
      expect(of('settled')).toEqual([
        { circuit: 'c', at: 0, verdict: 'success', slow: true, durationMs: 150, late: false },
      ]);
    });

    it('are told how long an ignored call took, though its permit was not', () => {
      const { circuit, of, time } = setUp();
      const permit = admitted(circuit);
      time.now += 70;
      permit.ignore();
      const quick = admitted(circuit);
      time.now += 70;
      quick.success(0);
      expect(of('settled')).toMatchObject([
        { verdict: 'ignore', durationMs: 70 },
        { verdict: 'success', durationMs: 0 },
      ]);
    });
  });

  describe('metrics', () => {
    it('tell everything there is to graph', () => {
      const { circuit, time } = setUp({ minimumCalls: 4 });
      time.wall = 5_000_000;
      expect(circuit.metrics()).toStrictEqual({
        calls: { success: 0, failure: 0, ignored: 0, refused: 0, slow: 0, late: 0 },
        refusedFor: { circuit_open: 0, forced_open: 0, overloaded: 0, rate_limited: 0 },
        inFlight: 0,
        state: 'closed',
        mode: 'enforce',
        stateAgeMs: 0,
        stateMs: { closed: 0, open: 0, half_open: 0 },
        transitions: { tripped: 0, reopened: 0, halfOpened: 0, closed: 0, wouldTrip: 0 },
        consecutiveFailures: 0,
        consecutiveSuccesses: 0,
        failedRounds: 0,
      });
      admitted(circuit).success(10);
      time.now += 1_000;
      time.wall += 1_000;
      admitted(circuit).failure(30);
      admitted(circuit).success(20);
      expect(circuit.metrics().failureRate).toBeUndefined();
      admitted(circuit).success(40);
      time.now += 500;
      time.wall += 500;
      expect(circuit.metrics()).toMatchObject({
        calls: { success: 3, failure: 1 },
        stateAgeMs: 1_500,
        consecutiveSuccesses: 2,
        failureRate: 0.25,
        lastFailureAt: 5_001_000,
        lastSuccessAt: 5_001_000,
        latency: { p50: 20, p95: 40, p99: 40 },
      });
      expect('slowRate' in circuit.metrics()).toBe(false);
    });

    it('tell the share of slow calls, and the time left', () => {
      const { circuit } = setUp({ failureThreshold: 1, slowCallMs: 50, minimumCalls: 2 });
      admitted(circuit).success(50);
      expect(circuit.metrics().slowRate).toBeUndefined();
      admitted(circuit).success(49);
      expect(circuit.metrics()).toMatchObject({ slowRate: 0.5, failureRate: 0 });
      expect('retryAfterMs' in circuit.metrics()).toBe(false);
      fail(circuit);
      expect(circuit.metrics().retryAfterMs).toBe(30_000);
      expect('slowRate' in circuit.metrics()).toBe(false);
    });

    it('count each transition', () => {
      const { circuit, time } = setUp({ failureThreshold: 1 });
      fail(circuit);
      time.now += 30_000;
      fail(circuit);
      time.now += 60_000;
      succeed(circuit, 2);
      const once = { tripped: 1, reopened: 1, halfOpened: 2, closed: 1, wouldTrip: 0 };
      expect(circuit.metrics().transitions).toEqual(once);
    });

    it('count what shadow mode would have tripped at', () => {
      const { circuit } = setUp({ mode: 'shadow', failureThreshold: 2 });
      fail(circuit, 6);
      expect(circuit.metrics().transitions).toMatchObject({ tripped: 0, wouldTrip: 1 });
    });

    it('count refusals by their reasons', () => {
      const { circuit } = setUp({ failureThreshold: 1, maxConcurrent: 1 });
      const permit = admitted(circuit);
      refused(circuit);
      permit.failure(1);
      refused(circuit);
      refused(circuit);
      circuit.forceOpen();
      refused(circuit);
      const { refusedFor, calls } = circuit.metrics();
      expect(refusedFor).toEqual({ circuit_open: 2, forced_open: 1, overloaded: 1, rate_limited: 0 });
      expect(calls.refused).toBe(4);
    });

    it('tell how long each state was shown', () => {
      const { circuit, time } = setUp({ failureThreshold: 1 });
      time.now += 7;
      fail(circuit);
      time.now += 30_000 + 11; // half-open is due, and nobody has come
      expect(circuit.metrics()).toMatchObject({
        state: 'half_open',
        stateAgeMs: 11,
        stateMs: { closed: 7, open: 30_000, half_open: 11 },
      });
      circuit.forceOpen();
      time.now += 13;
      expect(circuit.metrics()).toMatchObject({ stateAgeMs: 13, stateMs: { closed: 7, open: 30_013, half_open: 11 } });
      circuit.disable();
      time.now += 17;
      circuit.clearOverride();
      time.now += 19;
      expect(circuit.metrics().stateMs).toEqual({ closed: 24, open: 30_013, half_open: 30 });
      circuit.reset();
      time.now += 1;
      expect(circuit.metrics().stateMs).toEqual({ closed: 25, open: 30_013, half_open: 30 });
    });

    it('never take back what was shown before a lease ended in the past', () => {
      const { circuit, time } = setUp({ failureThreshold: 1, probeLeaseMs: 100 });
      fail(circuit);
      time.now += 30_000;
      admitted(circuit);
      time.now += 5_000;
      expect(circuit.metrics().stateMs).toEqual({ closed: 0, open: 30_000, half_open: 5_000 });
      refused(circuit);
      expect(circuit.metrics()).toMatchObject({ state: 'open', stateMs: { open: 30_000, half_open: 5_000 } });
    });

    it('tell what was set by hand, since when and why', () => {
      const { circuit, time } = setUp();
      time.wall = 1_700_000_000_000;
      circuit.forceOpen('maintenance');
      time.now += 2_000;
      time.wall += 2_000;
      expect(circuit.metrics().override).toEqual({ mode: 'forced_open', why: 'maintenance', at: 1_700_000_000_000 });
      circuit.forceOpen('still');
      expect(circuit.metrics().override).toEqual({ mode: 'forced_open', why: 'still', at: 1_700_000_000_000 });
      circuit.clearOverride();
      expect('override' in circuit.metrics()).toBe(false);
    });

    it('tell percentiles of the last calls, however old, with `windowCalls`', () => {
      const { circuit, time } = setUp({ windowCalls: 10 });
      admitted(circuit).success(20);
      time.now += 1e9;
      expect(circuit.metrics().latency?.p50).toBe(20);
      for (let i = 0; i < 10; i++) admitted(circuit).success(i === 0 ? 20 : 30);
      admitted(circuit).success(30);
      expect(circuit.metrics().latency).toEqual({ p50: 30, p95: 30, p99: 30 });
      admitted(circuit).success(1);
      expect(circuit.metrics().latency?.p50).toBe(30);
    });

    it('tell percentiles of no more calls than `windowCalls`', () => {
      const { circuit } = setUp({ windowCalls: 2 });
      for (const ms of [20, 20, 20, 30, 30]) admitted(circuit).success(ms);
      expect(circuit.metrics().latency?.p50).toBe(30);
    });

    it('tell percentiles of calls that had a verdict and a duration', () => {
      const { circuit } = setUp();
      admitted(circuit).ignore(5_000);
      admitted(circuit).success(Number.NaN);
      expect('latency' in circuit.metrics()).toBe(false);
      admitted(circuit).success(0);
      expect(circuit.metrics().latency).toEqual({ p50: 0, p95: 0, p99: 0 });
    });

    it('forget percentiles with the window', () => {
      const { circuit, time } = setUp();
      admitted(circuit).success(20);
      time.now += 60_000;
      expect('latency' in circuit.metrics()).toBe(false);
    });

    it('tell percentiles of dense traffic from the whole window', () => {
      const { circuit, time } = setUp();
      for (let i = 0; i < 100_000; i++) {
        time.now += 0.5;
        admitted(circuit).success(i / 1_000);
      }
      const { p50, p95 } = circuit.metrics().latency!;
      expect(p50).toBeGreaterThan(35);
      expect(p50).toBeLessThan(65);
      expect(p95).toBeGreaterThan(85);
    });
  });

  describe('permits', () => {
    it('want a duration while somebody looks at it', () => {
      const isTimed = (options?: CircuitOptions, events?: Events) => {
        const circuit = new Circuit('c', options, events);
        for (let i = 0; i < 2_000; i++) admitted(circuit).success(1);
        const permits = Array.from({ length: 100 }, () => admitted(circuit));
        return permits.filter((permit) => permit.isTimed).length;
      };
      expect(admitted(new Circuit('c')).isTimed).toBe(true);
      expect(isTimed()).toBeLessThan(15);
      expect(isTimed({ slowCallMs: 100 })).toBe(100);
      const events = new Events();
      events.on('settled', () => undefined);
      expect(isTimed({}, events)).toBe(100);
    });

    it('of dense traffic are counted without a look at the clock for each, and none is lost', () => {
      const now = vi.spyOn(systemClock, 'now');
      const circuit = new Circuit('c', { failureRateThreshold: 0.001 });
      for (let i = 0; i < 4_195; i++) admitted(circuit).success(1);
      now.mockClear();
      for (let i = 0; i < 800; i++) admitted(circuit).success(1);
      expect(now.mock.calls.length).toBeLessThan(400);
      now.mockRestore();
      fail(circuit, 4);
      const { calls, failureRate, inFlight } = circuit.metrics();
      expect([calls.success, failureRate, inFlight]).toEqual([4_995, 4 / 4_999, 0]);
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('of dense traffic that settle after a reset are late', () => {
      const circuit = new Circuit('c');
      succeed(circuit, 3_000);
      const before = Array.from({ length: 16 }, () => admitted(circuit));
      circuit.reset();
      succeed(circuit, 3_000);
      for (const permit of before) permit.success(1);
      expect(circuit.metrics().calls.late).toBe(16);
    });
  });

  describe('health', () => {
    it('is degraded over half the rate that trips', () => {
      const { circuit } = setUp({ failureThreshold: false });
      succeed(circuit, 9);
      fail(circuit, 3);
      expect(circuit.health()).toMatchObject({ status: 'healthy', state: 'closed', failureRate: 0.25 });
      fail(circuit);
      expect(circuit.health().status).toBe('degraded');
    });

    it('is healthy whatever the rate while no rate trips', () => {
      const { circuit } = setUp({ failureThreshold: false, failureRateThreshold: false, minimumCalls: 2 });
      fail(circuit, 2);
      expect(circuit.health()).toStrictEqual({ status: 'healthy', state: 'closed', mode: 'enforce', failureRate: 1 });
    });

    it('is failed while open, by a rule or by hand', () => {
      const { circuit } = setUp({ failureThreshold: 1 });
      fail(circuit);
      expect(circuit.health()).toStrictEqual({
        status: 'failed',
        state: 'open',
        mode: 'enforce',
        retryAfterMs: 30_000,
      });
      circuit.forceClose();
      circuit.forceOpen();
      expect(circuit.health().status).toBe('failed');
    });
  });

  it('tells why each change by hand was made', () => {
    const { circuit, of } = setUp({ failureThreshold: 1 });
    circuit.forceOpen('a');
    circuit.clearOverride('b');
    fail(circuit);
    circuit.forceClose('c');
    circuit.reset('d');
    expect(of('mode_changed')).toMatchObject([{ why: 'a' }, { to: 'enforce', why: 'b' }]);
    expect(of('closed')).toMatchObject([{ byHand: true, why: 'c' }]);
    expect(of('reset')).toMatchObject([{ why: 'd' }]);
  });

  it('tells that it closed by itself', () => {
    const { circuit, time, of } = setUp({ failureThreshold: 1, successThreshold: 1 });
    fail(circuit);
    time.now += 30_000;
    succeed(circuit);
    expect(of('closed')).toMatchObject([{ byHand: false, why: undefined }]);
  });

  it('shows its options as JSON, without functions and what is not set', () => {
    const { circuit } = setUp({
      classify: () => 'failure',
      retry: { when: () => true },
      rateLimit: { requestsPerMinute: 60 },
      failureRateThreshold: false,
    });
    const { options } = circuit;
    expect(options).toMatchObject({
      failureThreshold: 5,
      failureRateThreshold: false,
      jitter: 0,
      mode: 'enforce',
      rateLimit: { requestsPerMinute: 60 },
      retry: { retries: 2, baseMs: 250, maxMs: 8_000, budget: 0.1 },
    });
    expect(JSON.parse(JSON.stringify(options))).toEqual(options);
    for (const hidden of ['clock', 'random', 'classify', 'windowCalls']) expect(hidden in options).toBe(false);
    expect('rateLimit' in setUp({ rateLimit: { take: () => 0 } }).circuit.options).toBe(false);
    expect(circuit.options).toBe(options); // made once: whoever exports metrics asks for them again and again
    circuit.update({ failureThreshold: 7 });
    expect([circuit.options['failureThreshold'], options['failureThreshold']]).toEqual([7, 5]);
  });

  describe('update', () => {
    it('refuses a bad patch whole', () => {
      const { circuit } = setUp({ failureThreshold: 3 });
      expect(() => circuit.update({ failureThreshold: 1, jitter: 2 })).toThrow('`jitter`');
      expect(() => circuit.update({ failureThreshold: 1, slowCallRateThreshold: 0.5 })).toThrow('requires');
      expect(() => circuit.update({ clock: { now: () => 0, wall: () => 0 } })).toThrow('`clock`');
      fail(circuit, 2);
      expect(circuit.state).toBe('closed');
    });

    it('keeps the row of failures and the window', () => {
      const { circuit } = setUp({ failureThreshold: 10 });
      fail(circuit, 3);
      circuit.update({ failureThreshold: 4, windowMs: 10_000, minimumCalls: 3 });
      expect(circuit.metrics().failureRate).toBe(1);
      fail(circuit);
      expect(circuit.state).toBe('open');
    });

    it('keeps what a patch of `retry` does not name, a function above all', async () => {
      const when = vi.fn(() => false);
      const circuit = new Circuit('a', { retry: { retries: 1, baseMs: 5, when } });
      circuit.update({ retry: { retries: 3 } });
      expect(circuit.options['retry']).toMatchObject({ retries: 3, baseMs: 5 });
      await expect(circuit.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
      expect(when).toHaveBeenCalledOnce();
      circuit.update({ retry: false });
      expect(circuit.options['retry']).toBeUndefined();
      circuit.update({ retry: { retries: 1 } });
      expect(circuit.options['retry']).toMatchObject({ retries: 1, baseMs: 250 });
      expect(() => circuit.update({ retry: { retries: 0 } })).toThrow('`retries`');
      expect(() => circuit.update(null as never)).toThrow('update');
    });

    it('slides over another number of calls', () => {
      const { circuit } = setUp({ failureThreshold: false, windowCalls: 20, minimumCalls: 4 });
      succeed(circuit, 16);
      circuit.update({ windowCalls: 4 });
      fail(circuit, 2);
      expect(circuit.state).toBe('open');
    });

    it('moves the default lease with the deadline', () => {
      const { circuit, time } = setUp({ failureThreshold: 1 });
      circuit.update({ timeoutMs: 500 });
      fail(circuit);
      time.now += 30_000;
      admitted(circuit);
      time.now += 1_000;
      refused(circuit);
      expect(circuit.metrics().calls.failure).toBe(2);
    });
  });

  describe('snapshot', () => {
    const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

    it('carries an open circuit over a restart, less the time it took', () => {
      const before = setUp({ failureThreshold: 1 });
      fail(before.circuit);
      const snapshot = copied(before.circuit.snapshot());
      const after = setUp({ failureThreshold: 1 });
      after.time.wall += 10_000;
      after.circuit.restore(snapshot);
      expect(after.circuit.retryAfterMs).toBe(20_000);
      after.time.now += 20_000;
      fail(after.circuit);
      expect(after.circuit.retryAfterMs).toBe(60_000);
    });

    it('lengthens nothing when the wall clock was set back, and obeys the new limit', () => {
      const before = setUp({ failureThreshold: 1 });
      before.time.wall = 1e9;
      fail(before.circuit);
      const after = setUp({ resetTimeoutMs: 1_000, resetTimeoutMaxMs: 25_000 });
      after.circuit.restore(copied(before.circuit.snapshot()));
      expect(after.circuit.retryAfterMs).toBe(25_000);
    });

    it('carries what was set by hand, and why', () => {
      const before = setUp();
      before.circuit.forceOpen('maintenance');
      const after = setUp();
      after.circuit.restore(copied(before.circuit.snapshot()));
      expect(after.circuit.mode).toBe('forced_open');
      expect(after.circuit.snapshot()).toMatchObject({ state: 'closed', override: 'forced_open', why: 'maintenance' });
      after.circuit.clearOverride();
      expect(after.circuit.state).toBe('closed');
    });

    it('carries a closed circuit that nothing was set on', () => {
      const { circuit } = setUp();
      circuit.restore(copied(setUp().circuit.snapshot()));
      expect(circuit.isIdle).toBe(true);
      circuit.update({ mode: 'shadow' });
      expect(circuit.mode).toBe('shadow');
    });

    it('stays closed in shadow mode', () => {
      const before = setUp({ failureThreshold: 1 });
      fail(before.circuit);
      const { circuit } = setUp({ mode: 'shadow' });
      circuit.restore(copied(before.circuit.snapshot()));
      expect(circuit.state).toBe('closed');
    });

    it('takes half-open for due', () => {
      const before = setUp({ failureThreshold: 1 });
      fail(before.circuit);
      before.time.now += 30_000;
      admitted(before.circuit);
      const after = setUp();
      after.circuit.restore(copied(before.circuit.snapshot()));
      expect(after.circuit.state).toBe('half_open');
      admitted(after.circuit);
    });

    it('carries a circuit that was disabled', () => {
      const before = setUp();
      before.circuit.disable();
      const { circuit } = setUp();
      circuit.restore(copied(before.circuit.snapshot()));
      expect(circuit.mode).toBe('disabled');
    });

    it('goes on to count where it was, and by the same snapshot again gets no further', () => {
      const before = setUp({ failureThreshold: 2, slowCallMs: 10 });
      succeed(before.circuit);
      fail(before.circuit);
      fail(before.circuit);
      refused(before.circuit);
      before.time.now += 5_000;
      const snapshot = copied(before.circuit.snapshot());
      const after = setUp();
      after.time.wall = before.time.wall + 60_000;
      succeed(after.circuit);
      after.circuit.restore(snapshot);
      after.circuit.restore(snapshot);
      const { calls, refusedFor, transitions, stateMs, lastFailureAt } = before.circuit.metrics();
      expect(calls).toMatchObject({ success: 1, failure: 2, refused: 1 });
      expect(stateMs.open).toBe(5_000);
      expect(after.circuit.metrics()).toMatchObject({ calls, refusedFor, transitions, stateMs, lastFailureAt });
      after.circuit.reset();
      fail(after.circuit);
      after.time.now += 1_000;
      expect(after.circuit.metrics()).toMatchObject({
        calls: { success: 1, failure: 3 },
        stateMs: { ...stateMs, closed: stateMs.closed + 1_000 },
      });
    });

    it('reads what was taken without counts, or by a version that knew others', () => {
      const { circuit } = setUp();
      succeed(circuit);
      circuit.restore({ at: 0, state: 'closed', leftMs: 0, failedRounds: 0 });
      expect(circuit.metrics().calls.success).toBe(1);
      const counts = { calls: { failure: 4, postponed: 9 }, mood: {} };
      circuit.restore({ at: 0, state: 'closed', leftMs: 0, failedRounds: 0, counts } as never);
      expect(circuit.metrics()).toMatchObject({ calls: { success: 1, failure: 4 }, transitions: { tripped: 0 } });
    });

    const good = { at: 0, state: 'open', leftMs: 0, failedRounds: 0 };
    it.each([
      ['be an object', null],
      ['be an object', 'open'],
      ['have a number `at`', {}],
      ['have a number `at`', { ...good, at: 'now' }],
      ['have a `state` of a circuit', { ...good, state: 'ajar' }],
      ['have a duration `leftMs`', { ...good, leftMs: -1 }],
      ['have a duration `leftMs`', { ...good, leftMs: '1' }],
      ['have a duration `leftMs`', { ...good, leftMs: Number.NaN }],
      ['have a count `failedRounds`', { ...good, failedRounds: 0.5 }],
      ['have a count `failedRounds`', { ...good, failedRounds: -1 }],
      ['have an `override` of `forced_open` or `disabled`', { ...good, override: 'shadow' }],
      ['have a number `overrideAt`', { ...good, override: 'disabled', overrideAt: 'now' }],
      ['have a string `why`', { ...good, override: 'disabled', why: 7 }],
      ['have `counts` of a circuit', { ...good, counts: 7 }],
      ['have `counts` of a circuit', { ...good, counts: { calls: [] } }],
      ['have `counts` of a circuit', { ...good, counts: { calls: { success: -1 } } }],
      ['have `counts` of a circuit', { ...good, counts: { transitions: { tripped: 0.5 } } }],
      ['have `counts` of a circuit', { ...good, counts: { stateMs: { open: null, closed: '1' } } }],
      ['have `counts` of a circuit', { ...good, counts: { lastFailureAt: 'now' } }],
    ])('is expected to %s, and is not: %j', (what, rubbish) => {
      const { circuit } = setUp();
      expect(() => circuit.restore(rubbish as never)).toThrow(`Expected the snapshot of \`c\` to ${what}, got `);
      expect(circuit.state).toBe('closed');
    });
  });
});
