import type { Brownout, Circuit } from '@brownout/core';
import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import { observeAnswers } from './answer-values.ts';
import type { Facts, NameOf } from './attributes.ts';
import { type CircuitMetric, circuitMetrics, circuitValues } from './circuit-values.ts';

type Row = readonly (number | undefined)[];

const kinds = circuitValues.map(({ metric }) => circuitMetrics[metric].kind);

/** Reads the circuits of a set, and its store of answers, when metrics are collected: no call pays for it. */
export function readWhenCollected(set: Brownout, meter: Meter, own: Facts, nameOf: NameOf): () => void {
  const observables = new Map<CircuitMetric, Observable>();
  for (const [name, { kind, unit, description }] of Object.entries(circuitMetrics))
    observables.set(name as CircuitMetric, made(meter, kind, name, { unit, description }));
  const answers = observeAnswers(set, meter, own);

  /** By name: what circuits have counted that are there no more. */
  const gone = new Map<string, Row>();
  const forgotten = set.on('forgotten', ({ circuit: name }) => {
    const circuit = set.circuits.get(name);
    if (circuit === undefined) return;
    const counts = rowOf(circuit).map((value, at) => (kinds[at] === 'count' ? value : undefined));
    add(gone, nameOf(name), counts);
  });

  const observe = (result: BatchObservableResult) => {
    const rows = new Map(gone);
    for (const circuit of set.circuits.values()) add(rows, nameOf(circuit.name), rowOf(circuit));
    for (const [name, row] of rows) {
      circuitValues.forEach(({ metric, facts }, at) => {
        const value = row[at];
        if (value !== undefined)
          result.observe(observables.get(metric)!, value, { ...own, 'brownout.circuit.name': name, ...facts });
      });
    }
    answers.observe(result);
  };
  const all = [...observables.values(), ...answers.observables];
  meter.addBatchObservableCallback(observe, all);
  return () => {
    meter.removeBatchObservableCallback(observe, all);
    forgotten();
  };
}

const rowOf = (circuit: Circuit): Row => {
  const metrics = circuit.metrics();
  return circuitValues.map(({ read }) => read(metrics, circuit));
};

/** Several circuits that go by one name are told as one. */
function add(rows: Map<string, Row>, name: string, row: Row): void {
  const before = rows.get(name);
  const both = row.map((value, at) => {
    const other = before?.[at];
    if (value === undefined || other === undefined) return value ?? other;
    return kinds[at] === 'greatest' ? Math.max(value, other) : value + other;
  });
  rows.set(name, both);
}

type Kind = (typeof circuitMetrics)[CircuitMetric]['kind'];

function made(
  meter: Meter,
  kind: Kind,
  name: string,
  options: { readonly unit: string; readonly description: string },
) {
  if (kind === 'count') return meter.createObservableCounter(name, options);
  if (kind === 'sum') return meter.createObservableUpDownCounter(name, options);
  return meter.createObservableGauge(name, options);
}
