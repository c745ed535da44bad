import { type OptionRules, parseOptions, rules } from '../options.ts';

/** How `run` tries again. All are optional: `retry: {}` is the defaults. */
export interface RetryOptions {
  /** Tries after the first. @default 2 */
  readonly retries?: number;
  /**
   * The longest wait before the first of them, in milliseconds; it doubles with each. How long it is in fact is random, from 0 up
   * (full jitter, Brooker 2015): those that failed together do not come back together. @default 250
   */
  readonly baseMs?: number;
  /** What the doubling ends at, in milliseconds. @default 8000 */
  readonly maxMs?: number;
  /**
   * How many tries there may be beyond the first, as a share of all calls of the circuit, and ten besides: so that trying again
   * cannot multiply an outage. @default 0.1
   */
  readonly budget?: number;
  /**
   * Whether this error is worth another try.
   * @default what the circuit counts as a failure, and a 429 that says when to come back
   */
  readonly when?: (error: unknown) => boolean;
}

/** With the defaults filled in. */
export type RetrySettings = Readonly<
  Required<Omit<RetryOptions, 'when'>> & { when: ((error: unknown) => boolean) | undefined }
>;

const known: OptionRules<RetryOptions> = {
  retries: rules.count(),
  baseMs: rules.duration,
  maxMs: rules.duration,
  budget: rules.share(),
  when: rules.fn,
};

/** @throws OptionsError */
export function parseRetry(given: unknown): RetrySettings {
  const { retries = 2, baseMs = 250, maxMs = 8_000, budget = 0.1, when } = parseOptions('retry', given, known);
  return Object.freeze({ retries, baseMs, maxMs, budget, when });
}

/** How long to wait before the next try, in milliseconds; what the upstream asks for is the least. */
export function waitBefore(
  tried: number,
  { baseMs, maxMs }: RetrySettings,
  retryAfterMs: number,
  random: () => number,
): number {
  return retryAfterMs + random() * Math.min(maxMs, baseMs * 2 ** tried);
}
