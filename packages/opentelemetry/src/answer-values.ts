import type { AnswerStore, Brownout, LruAnswersStats } from '@brownout/core';
import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import type { Facts } from './attributes.ts';

/** Of the store of a set, as far as it has `stats`: one of the user's own may have some, or none. */
export function observeAnswers(set: Brownout, meter: Meter, own: Facts) {
  const counter = (name: string, description: string) =>
    meter.createObservableCounter(name, { unit: '{answer}', description });
  const held = (name: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(name, { unit, description });
  const byStat: readonly (readonly [keyof LruAnswersStats, Observable])[] = [
    ['hits', counter('brownout.answers.hits', 'Answers that were found in the store.')],
    ['misses', counter('brownout.answers.misses', 'Answers that were looked for in vain.')],
    ['evictions', counter('brownout.answers.evictions', 'Answers that made room for others.')],
    ['entries', held('brownout.answers.entries', '{answer}', 'Answers in the store.')],
    ['bytes', held('brownout.answers.size', 'By', 'Bytes of bodies and headers in the store.')],
  ];
  return {
    observables: byStat.map(([, observable]) => observable),
    observe(result: BatchObservableResult): void {
      const stats = statsOf(set.answers);
      for (const [stat, observable] of byStat) {
        const value = stats[stat];
        if (Number.isFinite(value)) result.observe(observable, value as number, own);
      }
    },
  };
}

function statsOf(store: AnswerStore): Partial<Record<keyof LruAnswersStats, unknown>> {
  try {
    const { stats } = store as { readonly stats?: unknown };
    return typeof stats === 'object' && stats !== null ? stats : {};
  } catch {
    return {}; // what a store cannot tell is not told; all else is
  }
}
