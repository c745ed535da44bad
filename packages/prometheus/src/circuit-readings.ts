import type { AlertProblem, Circuit, CircuitMetrics } from '@brownout/core';
import { CarriedOver } from './carried-over.ts';
import { circuitCounts, circuitValues } from './circuit-values.ts';
import type { ExportedSet, Reading } from './exported-set.ts';
import { Growth } from './growth.ts';

const areProblems: Readonly<Record<AlertProblem, true>> = {
  unauthorized: true,
  insufficient_quota: true,
  no_such_model: true,
};
const problems = Object.keys(areProblems);

/** Reads the circuits of a set when their metrics are asked for. */
export class CircuitReadings implements Reading {
  readonly #of: ExportedSet;
  readonly #growth = new Growth();
  readonly #carriedOver = new CarriedOver();
  /** The names whose series have begun. */
  readonly #begun = new Set<string>();
  readonly #stop: () => void;

  constructor(of: ExportedSet) {
    this.#of = of;
    this.#stop = of.set.on('forgotten', ({ circuit: name }) => {
      const circuit = of.set.circuits.get(name);
      if (circuit !== undefined) this.#count(circuit, circuit.metrics());
    });
  }

  read(): void {
    const { set, circuits, own, instruments } = this.#of;
    /** By label: one value for each of `circuitValues`. */
    const values = new Map<string, (number | undefined)[]>();
    for (const circuit of set.circuits.values()) {
      const metrics = circuit.metrics();
      this.#count(circuit, metrics);
      const name = circuits.of(circuit.name);
      const before = values.get(name);
      const isShared = name !== circuit.name;
      values.set(
        name,
        circuitValues.map(({ read, combine }, at) => {
          const here = isShared && combine === undefined ? undefined : read(metrics, circuit);
          const there = before?.[at];
          return here === undefined || there === undefined ? (here ?? there) : combine?.(there, here);
        }),
      );
    }
    for (const [name, row] of values) {
      circuitValues.forEach(({ metric, labels }, at) => {
        const value = row[at];
        if (value !== undefined) instruments.set(metric, { ...own, name, ...labels }, value);
      });
      // from 0 on: of a count that first appears as 1, Prometheus sees no increase
      for (const problem of problems) instruments.add('brownout_alerts_total', { ...own, name, problem }, 0);
      this.#begun.add(name);
    }
    this.#carriedOver.allAreRead(set.clock.now());
  }

  stop(): void {
    this.#stop();
  }

  #count(circuit: Circuit, metrics: CircuitMetrics): void {
    const { circuits, own, instruments, set } = this.#of;
    const name = circuits.of(circuit.name);
    const counts = circuitCounts.map(({ read }) => read(metrics));
    // where a series begins it goes on from where it ended in the process before; in one that is there it would be a sudden growth
    const isOld = this.#carriedOver.by(circuit, metrics, set.clock.now()) && this.#begun.has(name);
    if (isOld) this.#growth.of(circuit, counts);
    const grown = this.#growth.of(circuit, counts);
    circuitCounts.forEach(({ metric, labels }, at) => {
      instruments.add(metric, { ...own, name, ...labels }, grown[at]);
    });
  }
}
