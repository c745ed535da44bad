import type { CircuitSettings } from './circuit-options.ts';
import { isLimiter } from './rate-limit.ts';

/** Options as they can be shown: plain values. Functions and limiters of one's own are left out, and so is what is not set. */
export function shownOptions(settings: CircuitSettings): Readonly<Record<string, unknown>> {
  const { classify: _classify, clock: _clock, random: _random, rateLimit, retry, ...plain } = settings;
  const { when: _when, ...tries } = retry ?? {};
  const shown = {
    ...plain,
    rateLimit: isLimiter(rateLimit) ? undefined : rateLimit,
    retry: retry && Object.freeze(tries),
  };
  return Object.freeze(Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined)));
}
