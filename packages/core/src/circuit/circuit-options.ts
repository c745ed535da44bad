import type { Classify, ClassifyLists, ErrorClass } from '../classify.ts';
import { type Clock, systemClock } from '../clock.ts';
import { OptionsError } from '../errors.ts';
import { type OptionRules, parseOptions, rules } from '../options.ts';
import { parseRateLimit, type RateLimit, type RateLimiter, rateLimitRule } from './rate-limit.ts';
import { parseRetry, type RetryOptions, type RetrySettings } from './retry.ts';

/** Options of a circuit. Set a threshold to `false` to switch its rule off. */
export interface CircuitOptions {
  /** This many failures in a row trip it; those older than `windowMs` do not count. @default 5 */
  readonly failureThreshold?: number | false;
  /** This share of failed calls in the window trips it, once there are `minimumCalls`. @default 0.5 */
  readonly failureRateThreshold?: number | false;
  /** Calls in the window below which no rate is judged. @default 10, or `windowCalls` if that is less */
  readonly minimumCalls?: number;
  /** A call that takes this long, in milliseconds, is slow. @default off */
  readonly slowCallMs?: number | false;
  /** This share of slow calls in the window trips it, once there are `minimumCalls`. Needs `slowCallMs`. @default 1 */
  readonly slowCallRateThreshold?: number | false;
  /** The sliding window, in milliseconds. It moves by a tenth at a time. @default 60000 */
  readonly windowMs?: number;
  /** Slides the window over this many calls instead, a byte each and a million at most. Failures in a row still age by `windowMs`. @default off */
  readonly windowCalls?: number;
  /** How long it stays open the first time, in milliseconds. @default 30000, or `resetTimeoutMaxMs` if that is less */
  readonly resetTimeoutMs?: number;
  /** Each failed half-open round multiplies the open time by this. @default 2 */
  readonly resetBackoff?: number;
  /** The longest open time, in milliseconds, whatever the backoff, the jitter or an upstream's `Retry-After` say. @default 300000 */
  readonly resetTimeoutMaxMs?: number;
  /** The share by which an open time is varied at random, either way. @default 0.1 */
  readonly jitter?: number;
  /** Probes at once while half-open; other calls are refused. @default 1 */
  readonly halfOpenMaxCalls?: number;
  /** Successful probes in a row that close it. @default 2 */
  readonly successThreshold?: number;
  /** Failed probes of a round that do not yet reopen it. @default 0 */
  readonly halfOpenFailureTolerance?: number;
  /** A probe that has not settled by then has failed, in milliseconds. @default twice `timeoutMs`, or 60000 */
  readonly probeLeaseMs?: number;
  /** What an outcome says about the dependency. @default the table of `defaultVerdict` */
  readonly classify?: Classify;
  /** `shadow` measures and reports, and refuses nothing; `disabled` steps aside. @default 'enforce' */
  readonly mode?: 'enforce' | 'shadow' | 'disabled';
  /** Calls in flight beyond this are refused as `overloaded`. @default none */
  readonly maxConcurrent?: number;
  /** Calls that wait for `maxConcurrent` to have room, first come, first served; more are refused. Needs `maxConcurrent`. @default 0 */
  readonly maxQueued?: number;
  /** How long each of them waits at most, in milliseconds; then it is refused as `overloaded`. Needs `maxQueued`. @default 1000 */
  readonly maxWaitMs?: number;
  /**
   * A quota that is not run into: calls beyond it are refused as `rate_limited`, with the time until there is room. Or a limiter of one's
   * own. @default none
   */
  readonly rateLimit?: RateLimit | RateLimiter | false;
  /** The deadline of `run`, in milliseconds, over all its tries; 0 is none. @default 0 */
  readonly timeoutMs?: number;
  /** Whether and how `run` tries again. @default off */
  readonly retry?: RetryOptions | false;
  /** @default the process's monotonic clock */
  readonly clock?: Clock;
  /** A number from 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number;
}

/** The options with their defaults filled in. */
export type CircuitSettings = Readonly<
  Required<Omit<CircuitOptions, 'windowCalls' | 'maxConcurrent' | 'classify' | 'retry' | 'rateLimit'>> & {
    windowCalls: number | undefined;
    rateLimit: RateLimit | RateLimiter | undefined;
    retry: RetrySettings | undefined;
    maxConcurrent: number | undefined;
    classify: Classify | undefined;
  }
>;

/** Options that have been checked, and what follows from them: circuits that are made alike share one. */
export class CircuitPlan {
  readonly given: CircuitOptions;
  readonly settings: CircuitSettings;
  /** The name that was given to `keyed`, where circuits are made by key. */
  readonly family: string | undefined;

  /** @throws OptionsError */
  constructor(of: string, given: unknown, weaker?: CircuitOptions, family?: string) {
    this.family = family;
    this.given = { ...weaker, ...parseCircuitOptions(of, given) };
    this.settings = circuitSettings(this.given);
  }

  /** With changes: of `retry`, of the members that are named. @throws OptionsError */
  patched(patch: CircuitOptions): CircuitPlan {
    const given: CircuitOptions = parseOptions('update', patch, circuitOptionRules);
    const retry = given.retry && { ...this.given.retry, ...given.retry };
    return new CircuitPlan('update', retry ? { ...given, retry } : given, this.given, this.family);
  }
}

const off = rules.rule('false', (value) => value === false);
const isFunctions = (value: unknown) =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'function'));
const lists = rules.rule(
  '`{ failure, ignore }` with arrays of error classes',
  (value) =>
    rules.plainObject.test(value) &&
    Object.keys(value as object).every((key) => key === 'failure' || key === 'ignore') &&
    isFunctions((value as { failure?: unknown }).failure) &&
    isFunctions((value as { ignore?: unknown }).ignore),
);
const clock = rules.rule('a clock: an object with the functions `now` and `wall`', (value) => {
  const { now, wall } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Clock>;
  return typeof now === 'function' && typeof wall === 'function';
});

export const circuitOptionRules: OptionRules<CircuitOptions> = {
  failureThreshold: rules.or(rules.count(), off),
  failureRateThreshold: rules.or(rules.share(), off),
  minimumCalls: rules.count(),
  slowCallMs: rules.or(rules.duration, off),
  slowCallRateThreshold: rules.or(rules.share(), off),
  windowMs: rules.durationAbove0,
  windowCalls: rules.count(1, 1_000_000),
  resetTimeoutMs: rules.duration,
  resetBackoff: rules.atLeast(1),
  resetTimeoutMaxMs: rules.duration,
  jitter: rules.share('from 0'),
  halfOpenMaxCalls: rules.count(),
  successThreshold: rules.count(),
  halfOpenFailureTolerance: rules.count(0),
  probeLeaseMs: rules.durationAbove0,
  classify: rules.or(rules.fn, lists),
  mode: rules.oneOf('enforce', 'shadow', 'disabled'),
  maxConcurrent: rules.count(),
  maxQueued: rules.count(0),
  maxWaitMs: rules.durationAbove0,
  rateLimit: rules.or(rateLimitRule, off),
  timeoutMs: rules.duration,
  retry: rules.or(rules.plainObject, off),
  clock,
  random: rules.fn,
};

/**
 * Checks each option by itself and returns a copy.
 *
 * @throws OptionsError
 */
export function parseCircuitOptions(of: string, given: unknown): CircuitOptions {
  const parsed = parseOptions<CircuitOptions>(of, given, circuitOptionRules);
  return {
    ...parsed,
    ...(typeof parsed.classify === 'object' && { classify: copied(parsed.classify) }),
    ...(parsed.rateLimit && { rateLimit: parseRateLimit(parsed.rateLimit) }),
    ...(parsed.retry && { retry: parseRetry(parsed.retry) as RetryOptions }),
  };
}

/**
 * Fills in the defaults of options that `parseCircuitOptions` has checked.
 *
 * @throws OptionsError when they contradict each other
 */
export function circuitSettings(given: CircuitOptions): CircuitSettings {
  const { windowCalls, minimumCalls, slowCallMs = false, timeoutMs = 0 } = given;
  const { resetTimeoutMaxMs = 300_000, resetTimeoutMs = Math.min(30_000, resetTimeoutMaxMs) } = given;
  if (given.slowCallRateThreshold && slowCallMs === false)
    throw new OptionsError('`slowCallRateThreshold` requires `slowCallMs`.');
  if (given.maxQueued && given.maxConcurrent === undefined)
    throw new OptionsError('`maxQueued` requires `maxConcurrent`.');
  if (given.maxWaitMs !== undefined && !given.maxQueued) throw new OptionsError('`maxWaitMs` requires `maxQueued`.');
  if (resetTimeoutMs > resetTimeoutMaxMs)
    throw new OptionsError(
      `Expected \`resetTimeoutMs\` to be at most \`resetTimeoutMaxMs\`, got ${resetTimeoutMs} and ${resetTimeoutMaxMs}.`,
    );
  if (windowCalls !== undefined && minimumCalls !== undefined && minimumCalls > windowCalls)
    throw new OptionsError(
      `Expected \`minimumCalls\` to be at most \`windowCalls\`, got ${minimumCalls} and ${windowCalls}.`,
    );
  return Object.freeze({
    failureThreshold: given.failureThreshold ?? 5,
    failureRateThreshold: given.failureRateThreshold ?? 0.5,
    minimumCalls: minimumCalls ?? Math.min(10, windowCalls ?? 10),
    slowCallMs,
    slowCallRateThreshold: given.slowCallRateThreshold ?? (slowCallMs === false ? false : 1),
    windowMs: given.windowMs ?? 60_000,
    windowCalls,
    resetTimeoutMs,
    resetBackoff: given.resetBackoff ?? 2,
    resetTimeoutMaxMs,
    jitter: given.jitter ?? 0.1,
    halfOpenMaxCalls: given.halfOpenMaxCalls ?? 1,
    successThreshold: given.successThreshold ?? 2,
    halfOpenFailureTolerance: given.halfOpenFailureTolerance ?? 0,
    probeLeaseMs: given.probeLeaseMs ?? (timeoutMs > 0 ? 2 * timeoutMs : 60_000),
    classify: given.classify,
    mode: given.mode ?? 'enforce',
    maxConcurrent: given.maxConcurrent,
    maxQueued: given.maxQueued ?? 0,
    maxWaitMs: given.maxWaitMs ?? 1_000,
    rateLimit: given.rateLimit || undefined,
    timeoutMs,
    retry: (given.retry || undefined) as RetrySettings | undefined,
    clock: given.clock ?? systemClock,
    random: given.random ?? Math.random,
  });
}

const copied = ({ failure, ignore }: ClassifyLists): ClassifyLists => ({
  ...(failure && { failure: Object.freeze<ErrorClass[]>([...failure]) }),
  ...(ignore && { ignore: Object.freeze<ErrorClass[]>([...ignore]) }),
});
