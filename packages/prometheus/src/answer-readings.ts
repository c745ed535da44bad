import type { AnswerStore, LruAnswersStats } from '@brownout/core';
import type { CounterName, GaugeName } from './definitions.ts';
import type { ExportedSet, Reading } from './exported-set.ts';
import { Growth } from './growth.ts';

type Stat = keyof LruAnswersStats;

const counts = [
  ['hits', 'brownout_answers_hits_total'],
  ['misses', 'brownout_answers_misses_total'],
  ['evictions', 'brownout_answers_evictions_total'],
] as const satisfies readonly (readonly [Stat, CounterName])[];
const values = [
  ['entries', 'brownout_answers_entries'],
  ['bytes', 'brownout_answers_bytes'],
] as const satisfies readonly (readonly [Stat, GaugeName])[];

/** Reads the `stats` of a set's store when its metrics are asked for, as far as it has any: a store of the user's own may have some. */
export class AnswerReadings implements Reading {
  readonly #of: ExportedSet;
  readonly #growth = new Growth();

  constructor(of: ExportedSet) {
    this.#of = of;
  }

  read(): void {
    const { set, own, instruments } = this.#of;
    const stats = statsOf(set.answers);
    for (const [stat, metric] of values) {
      const value = stats[stat];
      if (isCount(value)) instruments.set(metric, own, value);
    }
    const grown = this.#growth.of(
      set.answers,
      counts.map(([stat]) => (isCount(stats[stat]) ? stats[stat] : 0)),
    );
    counts.forEach(([stat, metric], at) => {
      if (isCount(stats[stat])) instruments.add(metric, own, grown[at]);
    });
  }
}

function statsOf(store: AnswerStore): Partial<Record<Stat, unknown>> {
  try {
    const { stats } = store as { readonly stats?: unknown };
    return typeof stats === 'object' && stats !== null ? stats : {};
  } catch {
    // what a store cannot tell is not exported; all else is
    return {};
  }
}

const isCount = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0;
