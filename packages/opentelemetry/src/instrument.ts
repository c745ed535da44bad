import { type Brownout, brownout, type OptionRules, OptionsError, parseOptions, rules } from '@brownout/core';
import { type MeterProvider, metrics } from '@opentelemetry/api';
import { circuitNames } from './attributes.ts';
import { countEvents } from './event-counts.ts';
import { observePersist } from './persist-failing.ts';
import { readWhenCollected } from './readings.ts';
import { tellSpans } from './span-events.ts';

export interface InstrumentOptions {
  /** @default the global one of the API, as it is when `instrument` is called */
  readonly meterProvider?: MeterProvider;
  /** What tells this set from others, as the attribute `brownout.set`. @default no such attribute */
  readonly set?: string;
  /**
   * Record how long each call took in the histogram `brownout.circuit.call.duration`. It is work for every call; without it, percentiles of a
   * sample are told all the same. @default false
   */
  readonly durations?: boolean;
}

const known: OptionRules<InstrumentOptions> = {
  meterProvider: rules.rule(
    'a meter provider: an object with the function `getMeter`',
    (value) => typeof (value as Partial<MeterProvider> | null)?.getMeter === 'function',
  ),
  set: rules.text,
  durations: rules.boolean,
};

/**
 * Tells of a set of circuits in OpenTelemetry: events and attributes on the active span of the request, and metrics. Call it once the
 * SDK has started: before that, the API has no meters to give.
 *
 * @param set the process's own where it is left out
 * @returns the function that takes it away again; again is a no-op
 * @throws OptionsError
 */
export function instrument(set: Brownout = brownout, options?: InstrumentOptions): () => void {
  if (typeof set?.on !== 'function' || set.circuits === undefined)
    throw new OptionsError('Expected a set of circuits: `brownout`, or what `createBrownout` has returned.');
  const given = parseOptions<InstrumentOptions>('instrument', options, known);
  const own = given.set === undefined ? {} : { 'brownout.set': given.set };
  const meter = (given.meterProvider ?? metrics).getMeter('@brownout/opentelemetry');
  const nameOf = circuitNames(set);
  const stops = [
    tellSpans(set, own, nameOf),
    countEvents(set, meter, own, nameOf, given.durations ?? false),
    readWhenCollected(set, meter, own, nameOf),
    observePersist(set, meter, own),
  ];
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}
