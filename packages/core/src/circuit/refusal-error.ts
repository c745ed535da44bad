import { CircuitOpenError, OverloadedError, RateLimitedError, type RefusedError } from '../errors.ts';
import type { RefusalReason } from '../events.ts';
import type { Refusal } from './permit.ts';

/**
 * The error that a refusal is thrown as. It has no stack: capturing one is nine tenths of what refusing costs, at the very
 * time when everything is refused, and it would show only where `run` was called.
 */
export function refusalError(circuit: string, { reason, retryAfterMs }: Refusal): RefusedError {
  const { stackTraceLimit } = Error;
  const isSet = Reflect.set(Error, 'stackTraceLimit', 0);
  const error = made(circuit, reason, retryAfterMs);
  if (isSet) Error.stackTraceLimit = stackTraceLimit;
  return error;
}

function made(circuit: string, reason: RefusalReason, retryAfterMs: number | undefined): RefusedError {
  if (reason === 'overloaded') return new OverloadedError(circuit);
  if (reason === 'rate_limited') return new RateLimitedError(circuit, retryAfterMs);
  return new CircuitOpenError(circuit, retryAfterMs, reason === 'forced_open');
}
