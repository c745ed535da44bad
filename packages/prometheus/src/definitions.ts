/** What a metric is called, what it tells, and by which labels beside `set`. */
export interface Definition {
  readonly help: string;
  readonly labels: readonly string[];
  /** What prom-client makes of those of several processes where it puts them together (`cluster`). @default 'sum' */
  readonly aggregator?: 'sum' | 'max';
}

export const counters = {
  circuit_breaker_calls_total: {
    help: 'Calls that are over, by what became of them; refused ones were not made.',
    labels: ['name', 'outcome'],
  },
  circuit_breaker_failures_total: { help: 'Calls that failed.', labels: ['name'] },
  circuit_breaker_successes_total: { help: 'Calls that succeeded.', labels: ['name'] },
  circuit_breaker_slow_calls_total: {
    help: 'Calls that took slowCallMs or longer, whatever became of them.',
    labels: ['name'],
  },
  circuit_breaker_late_calls_total: {
    help: 'Calls that settled after the state that admitted them, or their deadline, was over.',
    labels: ['name'],
  },
  circuit_breaker_refused_total: { help: 'Calls that were not made, by the reason.', labels: ['name', 'reason'] },
  circuit_breaker_openings_total: {
    help: 'How often the circuit has opened: tripped, or opened again after a failed probe.',
    labels: ['name'],
  },
  circuit_breaker_state_transitions_total: {
    help: 'Changes of state by the rules; what is closed by hand counts as closed from half_open.',
    labels: ['name', 'from_state', 'to_state'],
  },
  circuit_breaker_state_seconds_total: {
    help: 'Time spent in each state, in seconds; those of circuits made by key add up.',
    labels: ['name', 'state'],
  },
  circuit_breaker_would_trip_total: {
    help: 'How often a circuit in shadow mode would have tripped, at most once per resetTimeoutMs.',
    labels: ['name'],
  },
  brownout_fallbacks_total: {
    help: 'Requests that a tier answered, by its level and the reason.',
    labels: ['name', 'level', 'reason'],
  },
  brownout_tier_failures_total: {
    help: 'Tiers that threw, or gave no answer within their time.',
    labels: ['name', 'level'],
  },
  brownout_alerts_total: {
    help: 'Calls that the dependency turned away for what no waiting mends.',
    labels: ['name', 'problem'],
  },
  brownout_store_failures_total: {
    help: 'How often a store of answers began to fail, by what it was asked for.',
    labels: ['operation'],
  },
  brownout_option_failures_total: {
    help: 'Functions given as options that threw, or returned what they must not.',
    labels: ['option'],
  },
  brownout_answers_hits_total: { help: 'Answers that were found in the store.', labels: [] },
  brownout_answers_misses_total: { help: 'Answers that were looked for in vain.', labels: [] },
  brownout_answers_evictions_total: { help: 'Answers that made room for others.', labels: [] },
} as const satisfies Readonly<Record<string, Definition>>;

export const gauges = {
  circuit_breaker_state: {
    help: '1 for the state that a call would find, 0 for the others; of a name that stands for several, how many are in it.',
    labels: ['name', 'state'],
  },
  circuit_breaker_mode: {
    help: '1 for the mode that the circuit is in, 0 for the others; of a name that stands for several, how many are in it.',
    labels: ['name', 'mode'],
  },
  circuit_breaker_in_flight: { help: 'Calls that are under way.', labels: ['name'] },
  circuit_breaker_half_open_seconds: {
    help: 'How long the circuit has been half-open, 0 while it is not; not told of a name that stands for several.',
    labels: ['name'],
    aggregator: 'max',
  },
  circuit_breaker_probe_lease_seconds: {
    help: 'How long a probe may take before it counts as failed (probeLeaseMs).',
    labels: ['name'],
    aggregator: 'max',
  },
  circuit_breaker_latency_seconds: {
    help: 'Percentiles of the durations in the window, from a sample; the highest where the name stands for several.',
    labels: ['name', 'percentile'],
    aggregator: 'max',
  },
  brownout_stores_failing: { help: 'Stores of answers that fail now.', labels: [] },
  brownout_persist_failing: { help: 'Files of persist that cannot be read or written now.', labels: [] },
  brownout_answers_entries: { help: 'Answers in the store.', labels: [] },
  brownout_answers_bytes: { help: 'Bytes of bodies and headers in the store.', labels: [] },
} as const satisfies Readonly<Record<string, Definition>>;

export const distributions = {
  circuit_breaker_call_duration_seconds: { help: 'How long calls took that succeeded or failed.', labels: ['name'] },
  brownout_fallback_age_seconds: { help: 'How old cached answers were when they were served.', labels: ['name'] },
} as const satisfies Readonly<Record<string, Definition>>;

export type CounterName = keyof typeof counters;
export type GaugeName = keyof typeof gauges;
export type DistributionName = keyof typeof distributions;
