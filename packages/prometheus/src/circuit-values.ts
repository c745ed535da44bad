import type { Circuit, CircuitMetrics, CircuitMode, RefusalReason } from '@brownout/core';
import type { CounterName, GaugeName } from './definitions.ts';

type Labels = Readonly<Record<string, string>>;

/** A count that only grows. */
interface CircuitCount {
  readonly metric: CounterName;
  readonly labels: Labels;
  readonly read: (metrics: CircuitMetrics) => number;
}

/** A value of now; there may be none. `combine`: how those of several circuits are told in one, where they can be. */
interface CircuitValue {
  readonly metric: GaugeName;
  readonly labels: Labels;
  readonly read: (metrics: CircuitMetrics, circuit: Circuit) => number | undefined;
  readonly combine: ((a: number, b: number) => number) | undefined;
}

const outcomes = ['success', 'failure', 'ignored', 'refused'] as const;
const reasons = [
  'circuit_open',
  'forced_open',
  'overloaded',
  'rate_limited',
] as const satisfies readonly RefusalReason[];
const states = ['closed', 'open', 'half_open'] as const satisfies readonly CircuitMetrics['state'][];
const modes = ['enforce', 'shadow', 'forced_open', 'disabled'] as const satisfies readonly CircuitMode[];
const percentiles = ['p50', 'p95', 'p99'] as const;
const moves = [
  ['tripped', 'closed', 'open'],
  ['halfOpened', 'open', 'half_open'],
  ['reopened', 'half_open', 'open'],
  ['closed', 'half_open', 'closed'],
] as const;

const seconds = (ms: number) => ms / 1_000;
const sum = (a: number, b: number) => a + b;

const count = (metric: CounterName, labels: Labels, read: CircuitCount['read']): CircuitCount => ({
  metric,
  labels,
  read,
});

/** What is read of each circuit when it is asked for, to be added up. */
export const circuitCounts: readonly CircuitCount[] = [
  ...outcomes.map((outcome) => count('circuit_breaker_calls_total', { outcome }, ({ calls }) => calls[outcome])),
  count('circuit_breaker_failures_total', {}, ({ calls }) => calls.failure),
  count('circuit_breaker_successes_total', {}, ({ calls }) => calls.success),
  count('circuit_breaker_slow_calls_total', {}, ({ calls }) => calls.slow),
  count('circuit_breaker_late_calls_total', {}, ({ calls }) => calls.late),
  ...reasons.map((reason) =>
    count('circuit_breaker_refused_total', { reason }, ({ refusedFor }) => refusedFor[reason]),
  ),
  count('circuit_breaker_openings_total', {}, ({ transitions }) => transitions.tripped + transitions.reopened),
  ...moves.map(([move, from_state, to_state]) =>
    count('circuit_breaker_state_transitions_total', { from_state, to_state }, ({ transitions }) => transitions[move]),
  ),
  ...states.map((state) =>
    count('circuit_breaker_state_seconds_total', { state }, ({ stateMs }) => seconds(stateMs[state])),
  ),
  count('circuit_breaker_would_trip_total', {}, ({ transitions }) => transitions.wouldTrip),
];

const value = (
  metric: GaugeName,
  labels: Labels,
  combine: CircuitValue['combine'],
  read: CircuitValue['read'],
): CircuitValue => ({ metric, labels, combine, read });

/** What is read of each circuit as it is now. */
export const circuitValues: readonly CircuitValue[] = [
  ...states.map((state) => value('circuit_breaker_state', { state }, sum, (now) => Number(now.state === state))),
  ...modes.map((mode) => value('circuit_breaker_mode', { mode }, sum, (now) => Number(now.mode === mode))),
  value('circuit_breaker_in_flight', {}, sum, ({ inFlight }) => inFlight),
  // one that nobody calls is half-open for good: among several it would hide the others
  value('circuit_breaker_half_open_seconds', {}, undefined, ({ state, stateAgeMs }) =>
    state === 'half_open' ? seconds(stateAgeMs) : 0,
  ),
  value('circuit_breaker_probe_lease_seconds', {}, Math.max, (_now, { options }) =>
    seconds(Number(options['probeLeaseMs'])),
  ),
  ...percentiles.map((percentile) =>
    value(
      'circuit_breaker_latency_seconds',
      { percentile },
      Math.max,
      ({ latency }) => latency && seconds(latency[percentile]),
    ),
  ),
];
