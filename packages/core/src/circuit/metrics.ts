import type { CircuitMode, RefusalReason } from '../events.ts';
import type { Percentiles } from './latencies.ts';
import type { Machine } from './machine.ts';
import { failureRate, slowRate } from './rules.ts';
import { failedRoundsAt, type StateName, shownState } from './state.ts';
import type { Override } from './transitions.ts';

/** What a circuit has seen. `success + failure + ignored + refused` is the number of calls that are over. */
export interface CircuitMetrics {
  readonly calls: {
    readonly success: number;
    readonly failure: number;
    readonly ignored: number;
    readonly refused: number;
    /** Counted besides. */
    readonly slow: number;
    /** Counted besides: they settled after the state that admitted them, or their deadline, was over. */
    readonly late: number;
  };
  /** Why calls were refused; the sum is `calls.refused`. */
  readonly refusedFor: Readonly<Record<RefusalReason, number>>;
  readonly inFlight: number;
  readonly state: StateName;
  readonly mode: CircuitMode;
  /** Milliseconds since that state began: what was set by hand began then, and half-open when it was due. */
  readonly stateAgeMs: number;
  /** Milliseconds spent in each state, this one included, since it was made, and before a restart that it was carried over. */
  readonly stateMs: Readonly<Record<StateName, number>>;
  /** What stands over the rules by hand; absent without. `at`: milliseconds since the Unix epoch. */
  readonly override?: { readonly mode: 'forced_open' | 'disabled'; readonly why?: string; readonly at: number };
  /** How often each transition has happened. */
  readonly transitions: {
    readonly tripped: number;
    readonly reopened: number;
    readonly halfOpened: number;
    readonly closed: number;
    /** What `shadow` has told in place of the first. */
    readonly wouldTrip: number;
  };
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
  /** The share of failed calls in the window; absent below `minimumCalls` and while not closed. */
  readonly failureRate?: number;
  /** The share of slow calls in the window; absent likewise, and without `slowCallMs`. */
  readonly slowRate?: number;
  /** Half-open rounds that have failed and lengthen the next open time. */
  readonly failedRounds: number;
  /** Milliseconds since the Unix epoch; absent before the first. */
  readonly lastFailureAt?: number;
  readonly lastSuccessAt?: number;
  /** Durations in the window, in milliseconds, from a sample of up to 128 calls that spans it; absent without calls. */
  readonly latency?: Percentiles;
  /** Milliseconds until it probes; absent unless it is open. */
  readonly retryAfterMs?: number;
}

/** `healthy`: closed, with few failures. `degraded`: half-open, or a failure rate over half its threshold. `failed`: open. */
export type HealthStatus = 'healthy' | 'degraded' | 'failed';

export interface CircuitHealth {
  readonly status: HealthStatus;
  readonly state: StateName;
  readonly mode: CircuitMode;
  readonly failureRate?: number;
  readonly retryAfterMs?: number;
}

/** Milliseconds until it probes; `undefined` unless it is open. Nobody knows for one that is forced open. */
export function openTimeLeft(machine: Machine, now: number): number | undefined {
  const { state, mode } = machine;
  return mode === 'enforce' && state.kind === 'open' && now < state.until ? state.until - now : undefined;
}

export function metricsOf(machine: Machine): CircuitMetrics {
  const { counts, settings, state, overridden } = machine;
  const now = settings.clock.now();
  const wallAt = (moment: number) => settings.clock.wall() - (now - moment);
  const shown = shownState(machine, now);
  const latency = machine.sampling.percentilesAt(now, settings);
  const retryAfterMs = openTimeLeft(machine, now);
  return {
    calls: {
      success: counts.success,
      failure: counts.failure,
      ignored: counts.ignored,
      refused: counts.refused,
      slow: counts.slow,
      late: counts.late,
    },
    refusedFor: { ...counts.refusals },
    inFlight: machine.inFlight,
    state: shown,
    mode: machine.mode,
    stateAgeMs:
      now - (overridden?.since ?? (shown === 'half_open' && state.kind === 'open' ? state.until : state.since)),
    stateMs: machine.stateTimes(now),
    ...(overridden && { override: shownOverride(overridden, wallAt) }),
    transitions: { ...counts.moves },
    consecutiveFailures: counts.failuresInRow,
    consecutiveSuccesses: counts.successesInRow,
    failedRounds: failedRoundsAt(state, now, settings),
    ...ratesOf(machine, now),
    ...(Number.isNaN(counts.lastFailure) ? {} : { lastFailureAt: wallAt(counts.lastFailure) }),
    ...(Number.isNaN(counts.lastSuccess) ? {} : { lastSuccessAt: wallAt(counts.lastSuccess) }),
    ...(latency === undefined ? {} : { latency }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function shownOverride({ mode, why, since }: Override, wallAt: (moment: number) => number) {
  return { mode, ...(why !== undefined && { why }), at: wallAt(since) };
}

export function healthOf(machine: Machine): CircuitHealth {
  const now = machine.settings.clock.now();
  const state = shownState(machine, now);
  const { failureRate: rate } = ratesOf(machine, now);
  const retryAfterMs = openTimeLeft(machine, now);
  return {
    status: statusOf(state, rate, machine.settings.failureRateThreshold),
    state,
    mode: machine.mode,
    ...(rate === undefined ? {} : { failureRate: rate }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function statusOf(state: StateName, rate: number | undefined, threshold: number | false): HealthStatus {
  if (state === 'open') return 'failed';
  if (state === 'half_open') return 'degraded';
  return rate !== undefined && threshold !== false && rate > threshold / 2 ? 'degraded' : 'healthy';
}

function ratesOf({ state, settings }: Machine, now: number): { failureRate?: number; slowRate?: number } {
  if (state.kind !== 'closed') return {};
  state.window.advance(now);
  const failed = failureRate(state.window, settings);
  const slow = settings.slowCallMs === false ? undefined : slowRate(state.window, settings);
  return {
    ...(failed === undefined ? {} : { failureRate: failed }),
    ...(slow === undefined ? {} : { slowRate: slow }),
  };
}
