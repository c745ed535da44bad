import type { CircuitSettings } from './circuit-options.ts';
import { isLimiter } from './rate-limit.ts';

type Shown = Readonly<Record<string, unknown>>;

/** Settings are replaced and never changed, and many circuits may have the same; whoever exports metrics asks for all of them again and again. */
const known = new WeakMap<CircuitSettings, Shown>();

/** Options as they can be shown: plain values. Functions and limiters of one's own are left out, and so is what is not set. */
export function shownOptions(settings: CircuitSettings): Shown {
  let shown = known.get(settings);
  if (shown === undefined) {
    shown = plainly(settings);
    known.set(settings, shown);
  }
  return shown;
}

function plainly(settings: CircuitSettings): Shown {
  const { classify: _classify, clock: _clock, random: _random, rateLimit, retry, ...plain } = settings;
  const { when: _when, ...tries } = retry ?? {};
  const shown = {
    ...plain,
    rateLimit: isLimiter(rateLimit) ? undefined : rateLimit,
    retry: retry && Object.freeze(tries),
  };
  return Object.freeze(Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined)));
}
