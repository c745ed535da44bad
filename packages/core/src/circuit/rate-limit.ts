import type { Clock } from '../clock.ts';
import { type OptionRules, parseOptions, rules } from '../options.ts';
import { TokenBucket } from './token-bucket.ts';

/** A quota, as providers give it: two token buckets, each a minute's worth wide. */
export interface RateLimit {
  readonly requestsPerMinute?: number;
  /** Of what `run` is told as `tokens`. */
  readonly tokensPerMinute?: number;
}

/** A limiter of one's own, such as one that a fleet shares. */
export interface RateLimiter {
  /**
   * Takes room for one call that costs so many tokens.
   *
   * @returns 0 when there was room, else the milliseconds until there may be, and nothing is taken; or a promise of that, which is waited for
   * up to a second. What it throws or rejects with, or rubbish, is an `option_failed` event, and the call goes on
   */
  take(tokens: number): number | Promise<number>;
}

const known: OptionRules<RateLimit> = {
  requestsPerMinute: rules.rule('a finite number above 0', isAbove0),
  tokensPerMinute: rules.rule('a finite number above 0', isAbove0),
};

export const rateLimitRule = rules.or(
  rules.rule(
    '`{ requestsPerMinute, tokensPerMinute }` with at least one of them',
    (value) => rules.plainObject.test(value) && Object.keys(value as object).length > 0,
  ),
  rules.rule('a limiter with a function `take`', isLimiter),
);

/** @throws OptionsError */
export function parseRateLimit(given: RateLimit | RateLimiter): RateLimit | RateLimiter {
  return isLimiter(given) ? given : Object.freeze(parseOptions<RateLimit>('rateLimit', given, known));
}

/** The quota of one circuit. */
export class Quota implements RateLimiter {
  readonly #clock: Clock;
  readonly #requests: TokenBucket | undefined;
  readonly #tokens: TokenBucket | undefined;

  constructor({ requestsPerMinute, tokensPerMinute }: RateLimit, clock: Clock) {
    const now = clock.now();
    this.#clock = clock;
    this.#requests = requestsPerMinute === undefined ? undefined : new TokenBucket(requestsPerMinute, now);
    this.#tokens = tokensPerMinute === undefined ? undefined : new TokenBucket(tokensPerMinute, now);
  }

  take(tokens: number): number {
    const now = this.#clock.now();
    const wait = Math.max(this.#requests?.waitFor(1, now) ?? 0, this.#tokens?.waitFor(tokens, now) ?? 0);
    if (wait > 0) return wait;
    this.#requests?.take(1, now);
    this.#tokens?.take(tokens, now);
    return 0;
  }
}

export function isLimiter(value: unknown): value is RateLimiter {
  return typeof value === 'object' && value !== null && typeof (value as Partial<RateLimiter>).take === 'function';
}

function isAbove0(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
