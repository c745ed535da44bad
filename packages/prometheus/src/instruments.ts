import { OptionsError } from '@brownout/core';
import { Counter, Gauge, type Metric } from 'prom-client';
import {
  type CounterName,
  counters,
  type Definition,
  type DistributionName,
  distributions,
  type GaugeName,
  gauges,
} from './definitions.ts';
import { type Bins, Distribution } from './distribution.ts';
import type { MetricsRegister } from './metrics-options.ts';

type Labels = Readonly<Record<string, string>>;

/** How the metrics are made. */
interface Making {
  readonly register: MetricsRegister;
  readonly prefix: string;
  /** Those without bounds are not made. */
  readonly bounds: Readonly<Record<DistributionName, readonly number[] | false>>;
  /** Called before the metrics are read. */
  readonly collect: () => void;
}

const names = <T extends object>(of: T) => Object.keys(of) as (keyof T & string)[];

/** Every metric, registered. */
export class Instruments {
  readonly #register: MetricsRegister;
  readonly #counters = new Map<CounterName, Counter>();
  readonly #gauges = new Map<GaugeName, Gauge>();
  readonly #distributions = new Map<DistributionName, Distribution>();
  /** By the names that they are registered under. */
  readonly #registered = new Map<string, Metric>();

  /** @throws OptionsError when the register has one of the names already; then nothing is registered */
  constructor({ register, prefix, bounds, collect }: Making) {
    this.#register = register;
    const configured = (name: string, { help, labels, aggregator = 'sum' }: Definition) => ({
      name: prefix + name,
      help,
      labelNames: ['set', ...labels],
      aggregator,
      registers: [],
      collect,
    });
    for (const name of names(counters)) this.#counters.set(name, new Counter(configured(name, counters[name])));
    for (const name of names(gauges)) this.#gauges.set(name, new Gauge(configured(name, gauges[name])));
    for (const name of names(distributions)) {
      const of = bounds[name];
      if (of) this.#distributions.set(name, new Distribution(prefix + name, distributions[name].help, of));
    }
    for (const made of [this.#counters, this.#gauges, this.#distributions])
      for (const [name, metric] of made) this.#registered.set(prefix + name, metric as unknown as Metric);
    const taken = [...this.#registered.keys()].find((name) => register.getSingleMetric(name) !== undefined);
    if (taken !== undefined)
      throw new OptionsError(
        `The register has a metric \`${taken}\` already. Export several sets in one call, \`exportMetrics({ a, b })\`, or set \`prefix\`.`,
      );
    for (const metric of this.#registered.values()) register.registerMetric(metric);
  }

  add(name: CounterName, labels: Labels, by = 1): void {
    this.#counters.get(name)!.inc(labels, by);
  }

  set(name: GaugeName, labels: Labels, value: number): void {
    this.#gauges.get(name)!.set(labels, value);
  }

  /** A new series of a distribution; `undefined` where it is not made. */
  series(name: DistributionName, labels: Labels): Bins | undefined {
    return this.#distributions.get(name)?.series(labels);
  }

  /** Before the values of now are set: those of what is no more go. */
  forgetValues(): void {
    for (const gauge of this.#gauges.values()) gauge.reset();
  }

  unregister(): void {
    for (const [name, metric] of this.#registered)
      if (this.#register.getSingleMetric(name) === metric) this.#register.removeSingleMetric(name);
  }
}
