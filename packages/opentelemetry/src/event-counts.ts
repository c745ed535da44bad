import type { Brownout } from '@brownout/core';
import type { Meter } from '@opentelemetry/api';
import type { Facts, NameOf } from './attributes.ts';

const ageBounds = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400];
const durationBounds = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];

/** Counts what no circuit counts itself. Of these events only `settled` comes with every call. */
export function countEvents(set: Brownout, meter: Meter, own: Facts, nameOf: NameOf, durations: boolean): () => void {
  const counter = (name: string, unit: string, description: string) => meter.createCounter(name, { unit, description });
  const of = (circuit: string) => ({ ...own, 'brownout.circuit.name': nameOf(circuit) });
  const fallbacks = counter('brownout.fallbacks', '{answer}', 'Requests that a tier answered.');
  const age = meter.createHistogram('brownout.fallback.age', {
    unit: 's',
    description: 'How old cached answers were when they were served.',
    advice: { explicitBucketBoundaries: ageBounds },
  });
  const tiers = counter(
    'brownout.tier.failures',
    '{failure}',
    'Tiers that threw, or gave no answer within their time.',
  );
  const alerts = counter('brownout.alerts', '{call}', 'Calls that were turned away for what no waiting mends.');
  const stores = counter('brownout.store.failures', '{failure}', 'How often a store of answers began to fail.');
  const options = counter('brownout.option.failures', '{failure}', 'Functions given as options that failed.');
  const stops = [
    set.on('degraded', ({ circuit, level, reason, ageMs }) => {
      fallbacks.add(1, { ...of(circuit), 'brownout.fallback.level': level, 'brownout.fallback.reason': reason });
      if (ageMs !== undefined) age.record(ageMs / 1_000, of(circuit));
    }),
    set.on('tier_failed', ({ circuit, level }) => tiers.add(1, { ...of(circuit), 'brownout.fallback.level': level })),
    set.on('alert', ({ circuit, problem }) => alerts.add(1, { ...of(circuit), 'brownout.alert.problem': problem })),
    set.on('store_failed', ({ operation }) => stores.add(1, { ...own, 'brownout.store.operation': operation })),
    set.on('option_failed', ({ option }) => options.add(1, { ...own, 'brownout.option.name': option })),
  ];
  if (durations) {
    const duration = meter.createHistogram('brownout.circuit.call.duration', {
      unit: 's',
      description: 'How long calls took that succeeded or failed.',
      advice: { explicitBucketBoundaries: durationBounds },
    });
    const settled = set.on('settled', ({ circuit, verdict, durationMs }) => {
      if (verdict !== 'ignore')
        duration.record(durationMs / 1_000, { ...of(circuit), 'brownout.call.outcome': verdict });
    });
    stops.push(settled);
  }
  return () => {
    for (const stop of stops) stop();
  };
}
