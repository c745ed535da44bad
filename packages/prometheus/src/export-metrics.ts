import { type Brownout, brownout, OptionsError, rules } from '@brownout/core';
import { AnswerReadings } from './answer-readings.ts';
import { CircuitLabels } from './circuit-labels.ts';
import { CircuitReadings } from './circuit-readings.ts';
import { EventCounts } from './event-counts.ts';
import type { ExportedSet, Reading } from './exported-set.ts';
import { Instruments } from './instruments.ts';
import { type MetricsOptions, parseMetricsOptions } from './metrics-options.ts';
import { oncePerTurn } from './once-per-turn.ts';

/**
 * Exports the metrics of a set of circuits, or of several by name, which is then their label `set`. What the circuits count themselves
 * is read when the register is asked; only what they do not is counted as it happens.
 *
 * @param of the process's own set where it is left out
 * @returns the function that takes the metrics out of the register and listens no more
 * @throws OptionsError, also when the register has metrics of these names already
 */
export function exportMetrics(
  of: Brownout | Readonly<Record<string, Brownout>> = brownout,
  options?: MetricsOptions,
): () => void {
  const { register, prefix, buckets, ageBuckets, maxCircuits } = parseMetricsOptions(options);
  const sets = setsOf(of);
  const collect = oncePerTurn(() => {
    instruments.forgetValues();
    for (const reading of readings) reading.read();
  });
  const bounds = { circuit_breaker_call_duration_seconds: buckets, brownout_fallback_age_seconds: ageBuckets };
  const instruments = new Instruments({ register, prefix, bounds, collect });
  const readings = sets.flatMap(([own, set]): readonly Reading[] => {
    const exported: ExportedSet = { set, own, circuits: new CircuitLabels(set, maxCircuits), instruments };
    return [new CircuitReadings(exported), new AnswerReadings(exported), new EventCounts(exported, buckets !== false)];
  });
  return () => {
    instruments.unregister();
    for (const reading of readings) reading.stop?.();
  };
}

/** The sets, and the label of each. */
function setsOf(of: unknown): readonly (readonly [own: Readonly<Record<string, string>>, set: Brownout])[] {
  const named = rules.plainObject.test(of) ? Object.entries(of as object) : undefined;
  const sets = named?.map(([set, each]) => [{ set }, each] as const) ?? [[{}, of] as const];
  if (sets.length === 0 || !sets.every(([, set]) => isSet(set)))
    throw new OptionsError('Expected a set of circuits, or an object of them by name, such as `{ web, jobs }`.');
  return sets as [Readonly<Record<string, string>>, Brownout][];
}

function isSet(set: unknown): set is Brownout {
  const { circuits, on } = (set ?? {}) as Partial<Brownout>;
  return typeof circuits === 'object' && typeof on === 'function';
}
