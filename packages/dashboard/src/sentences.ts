import type { AlertProblem, BrownoutEvents, CircuitMode, TripRule } from '@brownout/core';
import { percent } from './page/format.js';

type Options = Readonly<Record<string, unknown>>;

/** `30 s`, `5 min`. */
function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 100_000 ? `${Number((ms / 1_000).toFixed(1))} s` : `${Number((ms / 60_000).toFixed(1))} min`;
}

function cause(rule: TripRule, options: Options): string {
  if (rule === 'rate') return `${percent(Number(options['failureRateThreshold']))} of the calls or more failed`;
  if (rule === 'slow') return `${percent(Number(options['slowCallRateThreshold']))} of the calls or more were slow`;
  const times = options['failureThreshold'];
  return times === 1 ? 'one failure was enough' : `${times} failures in a row`;
}

const problems: Readonly<Record<AlertProblem, string>> = {
  unauthorized: 'The dependency refuses our credentials',
  insufficient_quota: 'The quota is used up',
  no_such_model: 'The dependency has no such model, or not any more',
};

const modes: Readonly<Record<CircuitMode, string>> = {
  enforce: 'Follows its rules again.',
  shadow: 'Shadow mode: it measures, and refuses nothing.',
  forced_open: 'Forced open: every call is refused.',
  disabled: 'Disabled: every call is let through.',
};

/** What is told of an event in one plain sentence. Nothing of an error is: it may hold what only logs may. */
export const sentences: {
  readonly [N in keyof BrownoutEvents]?: (event: BrownoutEvents[N], options: Options) => string;
} = {
  tripped: ({ rule, openMs }, options) => `Tripped: ${cause(rule, options)}; open for ${span(openMs)}.`,
  reopened: ({ openMs }) => `Opened again: the probe failed; open for ${span(openMs)}.`,
  half_opened: () => 'Half-open: a call is let through to see.',
  closed: ({ byHand }) => (byHand ? 'Closed by hand.' : 'Closed: the probes succeeded.'),
  would_trip: ({ rule }, options) => `Would have tripped: ${cause(rule, options)}. In shadow mode it only says so.`,
  mode_changed: ({ to }) => modes[to],
  reset: () => 'Reset: closed, and its window is empty.',
  alert: ({ problem }) => `${problems[problem]}: no waiting mends that.`,
  tier_failed: ({ level }) => `The tier ${level} failed, and passed on to the next.`,
};
