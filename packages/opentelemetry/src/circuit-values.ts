import type { Circuit, CircuitMetrics, CircuitMode, RefusalReason } from '@brownout/core';
import type { Facts } from './attributes.ts';

/** One series of each circuit, read when metrics are collected. */
export interface CircuitValue {
  readonly metric: CircuitMetric;
  readonly facts: Facts;
  /** `undefined`: there is none now. */
  readonly read: (metrics: CircuitMetrics, circuit: Circuit) => number | undefined;
}

interface Definition {
  /** Counts only grow, sums may fall; both add up over the circuits of a family. Of the others the greatest is told. */
  readonly kind: 'count' | 'sum' | 'greatest';
  readonly unit: string;
  readonly description: string;
}

const count = (unit: string, description: string): Definition => ({ kind: 'count', unit, description });
const sum = (unit: string, description: string): Definition => ({ kind: 'sum', unit, description });
const greatest = (description: string): Definition => ({ kind: 'greatest', unit: 's', description });

export const circuitMetrics = {
  'brownout.circuit.calls': count('{call}', 'Calls that are over, by what became of them.'),
  'brownout.circuit.slow_calls': count('{call}', 'Calls that took slowCallMs or longer.'),
  'brownout.circuit.late_calls': count('{call}', 'Calls that settled after their state or deadline was over.'),
  'brownout.circuit.refusals': count('{call}', 'Calls that were not made, by the reason.'),
  'brownout.circuit.transitions': count('{transition}', 'Changes of state; what is closed by hand was half-open.'),
  'brownout.circuit.shadow_trips': count('{trip}', 'How often a circuit in shadow mode would have tripped.'),
  'brownout.circuit.time': count('s', 'Time spent in each state.'),
  'brownout.circuit.state': sum('{circuit}', '1 for the state that a call would find, 0 for the others.'),
  'brownout.circuit.mode': sum('{circuit}', '1 for the mode that the circuit is in, 0 for the others.'),
  'brownout.circuit.in_flight': sum('{call}', 'Calls that are under way.'),
  'brownout.circuit.half_open_time': greatest('How long it has been half-open; 0 while it is not.'),
  'brownout.circuit.probe_lease': greatest('How long a probe may take before it counts as failed.'),
  'brownout.circuit.latency': greatest('Percentiles of the durations in the window, from a sample.'),
} as const satisfies Readonly<Record<string, Definition>>;

export type CircuitMetric = keyof typeof circuitMetrics;

const outcomes = ['success', 'failure', 'ignored', 'refused'] as const;
const refusals = ['circuit_open', 'forced_open', 'overloaded', 'rate_limited'] as const satisfies RefusalReason[];
const states = ['closed', 'open', 'half_open'] as const satisfies CircuitMetrics['state'][];
const modes = ['enforce', 'shadow', 'forced_open', 'disabled'] as const satisfies CircuitMode[];
const percentiles = ['p50', 'p95', 'p99'] as const;
const moves = [
  ['tripped', 'closed', 'open'],
  ['halfOpened', 'open', 'half_open'],
  ['reopened', 'half_open', 'open'],
  ['closed', 'half_open', 'closed'],
] as const;

const value = (metric: CircuitMetric, facts: Facts, read: CircuitValue['read']): CircuitValue => ({
  metric,
  facts,
  read,
});

export const circuitValues: readonly CircuitValue[] = [
  ...outcomes.map((outcome) =>
    value('brownout.circuit.calls', { 'brownout.call.outcome': outcome }, ({ calls }) => calls[outcome]),
  ),
  value('brownout.circuit.slow_calls', {}, ({ calls }) => calls.slow),
  value('brownout.circuit.late_calls', {}, ({ calls }) => calls.late),
  ...refusals.map((reason) =>
    value('brownout.circuit.refusals', { 'brownout.refusal.reason': reason }, ({ refusedFor }) => refusedFor[reason]),
  ),
  ...moves.map(([move, from, to]) => {
    const facts = { 'brownout.circuit.from_state': from, 'brownout.circuit.to_state': to };
    return value('brownout.circuit.transitions', facts, ({ transitions }) => transitions[move]);
  }),
  value('brownout.circuit.shadow_trips', {}, ({ transitions }) => transitions.wouldTrip),
  ...states.map((state) =>
    value('brownout.circuit.time', { 'brownout.circuit.state': state }, ({ stateMs }) => stateMs[state] / 1_000),
  ),
  ...states.map((state) =>
    value('brownout.circuit.state', { 'brownout.circuit.state': state }, (now) => Number(now.state === state)),
  ),
  ...modes.map((mode) =>
    value('brownout.circuit.mode', { 'brownout.circuit.mode': mode }, (now) => Number(now.mode === mode)),
  ),
  value('brownout.circuit.in_flight', {}, ({ inFlight }) => inFlight),
  value('brownout.circuit.half_open_time', {}, ({ state, stateAgeMs }) =>
    state === 'half_open' ? stateAgeMs / 1_000 : 0,
  ),
  value('brownout.circuit.probe_lease', {}, (_now, { options }) => Number(options['probeLeaseMs']) / 1_000),
  ...percentiles.map((percentile) =>
    value(
      'brownout.circuit.latency',
      { 'brownout.percentile': percentile },
      ({ latency }) => latency && latency[percentile] / 1_000,
    ),
  ),
];
