import type { CircuitOptions } from '@brownout/core';

/** Those that are or hold functions: JSON has none. */
type Functions = 'classify' | 'clock' | 'random' | 'retry';

const patchable: Readonly<Record<Exclude<keyof CircuitOptions, Functions>, true>> = {
  failureThreshold: true,
  failureRateThreshold: true,
  minimumCalls: true,
  slowCallMs: true,
  slowCallRateThreshold: true,
  windowMs: true,
  windowCalls: true,
  resetTimeoutMs: true,
  resetBackoff: true,
  resetTimeoutMaxMs: true,
  jitter: true,
  halfOpenMaxCalls: true,
  successThreshold: true,
  halfOpenFailureTolerance: true,
  probeLeaseMs: true,
  mode: true,
  maxConcurrent: true,
  maxQueued: true,
  maxWaitMs: true,
  rateLimit: true,
  timeoutMs: true,
};

/** The options that may be changed. A quota only where there is one: what is not shown may be a limiter of the application's own. */
export function patchableOf(options: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(patchable).filter((name) => name !== 'rateLimit' || options['rateLimit'] !== undefined);
}
