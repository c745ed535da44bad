import type { BrownoutEventName, BrownoutListener } from '@brownout/core';
import { BoundedNames } from './bounded-names.ts';
import type { DistributionName } from './definitions.ts';
import type { Bins } from './distribution.ts';
import type { ExportedSet, Reading } from './exported-set.ts';

/** Levels and options are named in code; but a tier may answer with any level. */
const mostNames = 30;
const operations = ['get', 'set', 'delete'] as const;

/** Counts what no circuit does, from the events of a set. Of these only `settled` comes with every call. */
export class EventCounts implements Reading {
  readonly #of: ExportedSet;
  readonly #levels = new BoundedNames(mostNames);
  readonly #options = new BoundedNames(mostNames);
  readonly #stops: (() => void)[] = [];
  /** Each store fails once until it recovers. */
  #storesFailing = 0;
  /** Those of `persist`. */
  readonly #filesFailing = new Set<string>();

  constructor(of: ExportedSet, hasDurations: boolean) {
    this.#of = of;
    const { own, instruments } = of;
    const nameOf = (circuit: string) => of.circuits.of(circuit);
    const ages = this.#series('brownout_fallback_age_seconds');

    this.#on('degraded', ({ circuit, level, reason, ageMs }) => {
      const name = nameOf(circuit);
      instruments.add('brownout_fallbacks_total', { ...own, name, level: this.#levels.of(level), reason });
      if (ageMs !== undefined) ages(name)?.add(ageMs / 1_000);
    });
    this.#on('tier_failed', ({ circuit, level }) => {
      const labels = { ...own, name: nameOf(circuit), level: this.#levels.of(level) };
      instruments.add('brownout_tier_failures_total', labels);
    });
    this.#on('alert', ({ circuit, problem }) => {
      instruments.add('brownout_alerts_total', { ...own, name: nameOf(circuit), problem });
    });
    this.#on('option_failed', ({ option }) => {
      instruments.add('brownout_option_failures_total', { ...own, option: this.#options.of(option) });
    });

    for (const operation of operations) instruments.add('brownout_store_failures_total', { ...own, operation }, 0);
    this.#on('store_failed', ({ operation }) => {
      this.#storesFailing++;
      instruments.add('brownout_store_failures_total', { ...own, operation });
    });
    this.#on('store_recovered', () => {
      // not below: one may have failed before anybody listened
      this.#storesFailing = Math.max(0, this.#storesFailing - 1);
    });

    this.#on('persist_failed', ({ file, setAside }) => {
      // one that was set aside is out of the way: the next is written in its place
      if (setAside === undefined) this.#filesFailing.add(file);
    });
    this.#on('persist_recovered', ({ file }) => {
      this.#filesFailing.delete(file);
    });

    if (!hasDurations) return;
    const durations = this.#series('circuit_breaker_call_duration_seconds');
    this.#on('settled', ({ circuit, verdict, durationMs }) => {
      if (verdict !== 'ignore') durations(nameOf(circuit))?.add(durationMs / 1_000);
    });
  }

  /** Sets the values that events have changed. */
  read(): void {
    const { own, instruments } = this.#of;
    instruments.set('brownout_stores_failing', own, this.#storesFailing);
    instruments.set('brownout_persist_failing', own, this.#filesFailing.size);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #on<N extends BrownoutEventName>(name: N, listener: BrownoutListener<N>): void {
    this.#stops.push(this.#of.set.on(name, listener));
  }

  /** The series of a distribution by label, each made when it is first needed. */
  #series(name: DistributionName): (label: string) => Bins | undefined {
    const { own, instruments } = this.#of;
    const made = new Map<string, Bins | undefined>();
    return (label) => {
      if (!made.has(label)) made.set(label, instruments.series(name, { ...own, name: label }));
      return made.get(label);
    };
  }
}
