import { type OptionRules, parseOptions, rules } from '@brownout/core';
import { type Registry, register } from 'prom-client';

/** A register of prom-client, for either format. */
export type MetricsRegister = Omit<Registry, 'contentType' | 'setContentType'>;

export interface MetricsOptions {
  /** Where the metrics are registered. @default prom-client's own */
  readonly register?: MetricsRegister | undefined;
  /** Put before every name. @default '' */
  readonly prefix?: string | undefined;
  /**
   * Upper bounds of the histogram of durations, in seconds, ascending. `false`: none, and nothing is done per call.
   *
   * @default [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60]
   */
  readonly buckets?: readonly number[] | false | undefined;
  /**
   * Upper bounds of the histogram of ages of cached answers, in seconds, ascending.
   *
   * @default one minute to one day: [60, 300, 900, 3600, 10800, 21600, 43200, 86400]
   */
  readonly ageBuckets?: readonly number[] | undefined;
  /** How many circuits of a set have a label of their own; those made later share `other`. @default 200 */
  readonly maxCircuits?: number | undefined;
}

const bounds = rules.rule('an ascending array of finite numbers above 0, not empty', (value) => {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((bound, at) => Number.isFinite(bound) && bound > (at === 0 ? 0 : value[at - 1]));
});
const known: OptionRules<MetricsOptions> = {
  register: rules.rule(
    'a register of prom-client',
    (value) => typeof (value as Partial<Registry> | null)?.registerMetric === 'function',
  ),
  // what a name may begin with: https://prometheus.io/docs/concepts/data_model/
  prefix: rules.rule(
    'letters, digits, `_` and `:`, the first no digit',
    (value) => typeof value === 'string' && /^([a-z_:][a-z\d_:]*)?$/i.test(value),
  ),
  buckets: rules.or(bounds, rules.oneOf(false)),
  ageBuckets: bounds,
  maxCircuits: rules.count(),
};

/** @throws OptionsError */
export function parseMetricsOptions(options: MetricsOptions | undefined) {
  const given = parseOptions<MetricsOptions>('exportMetrics', options, known);
  const {
    prefix = '',
    buckets = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60],
    ageBuckets = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400],
    maxCircuits = 200,
  } = given;
  return {
    register: given.register ?? register,
    prefix,
    buckets: buckets && [...buckets],
    ageBuckets: [...ageBuckets],
    maxCircuits,
  };
}
