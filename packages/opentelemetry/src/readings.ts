import type { Brownout, Circuit, CircuitMetrics } from '@brownout/core';
import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import { observeAnswers } from './answer-values.ts';
import type { Facts, NameOf } from './attributes.ts';
import { type CircuitMetric, type CircuitValue, circuitMetrics, circuitValues } from './circuit-values.ts';
import { GrownCounts } from './grown-counts.ts';

type Row = readonly (number | undefined)[];

const isCount = ({ metric }: CircuitValue) => circuitMetrics[metric].kind === 'count';
const counts = circuitValues.filter(isCount);
const values = circuitValues.filter((value) => !isCount(value));

/** Reads the circuits of a set, and its store of answers, when metrics are collected: no call pays for it. */
export function readWhenCollected(set: Brownout, meter: Meter, own: Facts, nameOf: NameOf): () => void {
  const observables = new Map<CircuitMetric, Observable>();
  for (const [name, { kind, unit, description }] of Object.entries(circuitMetrics))
    observables.set(name as CircuitMetric, made(meter, kind, name, { unit, description }));
  const answers = observeAnswers(set, meter, own);

  const grown = new GrownCounts();
  const count = (circuit: Circuit, metrics: CircuitMetrics) => {
    const read = counts.map((value) => value.read(metrics, circuit) ?? 0);
    grown.add(nameOf(circuit.name), circuit, metrics, read, set.clock.now());
  };
  const forgotten = set.on('forgotten', ({ circuit: name }) => {
    const circuit = set.circuits.get(name);
    if (circuit !== undefined) count(circuit, circuit.metrics());
  });

  const observe = (result: BatchObservableResult) => {
    const tell = (name: string, of: readonly CircuitValue[], row: Row) => {
      for (const [at, { metric, facts }] of of.entries()) {
        const value = row[at];
        if (value !== undefined)
          result.observe(observables.get(metric)!, value, { ...own, 'brownout.circuit.name': name, ...facts });
      }
    };
    const rows = new Map<string, Row>();
    for (const circuit of set.circuits.values()) {
      const metrics = circuit.metrics();
      count(circuit, metrics);
      const name = nameOf(circuit.name);
      const row = values.map((value) => value.read(metrics, circuit));
      rows.set(name, together(rows.get(name), row));
    }
    for (const [name, row] of rows) tell(name, values, row);
    for (const [name, totals] of grown.totals) tell(name, counts, totals);
    grown.allAreRead(set.clock.now());
    answers.observe(result);
  };
  const all = [...observables.values(), ...answers.observables];
  meter.addBatchObservableCallback(observe, all);
  return () => {
    meter.removeBatchObservableCallback(observe, all);
    forgotten();
  };
}

/** Several circuits that go by one name are told as one. */
function together(before: Row | undefined, row: Row): Row {
  return row.map((value, at) => {
    const other = before?.[at];
    if (value === undefined || other === undefined) return value ?? other;
    return circuitMetrics[values[at]!.metric].kind === 'greatest' ? Math.max(value, other) : value + other;
  });
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
