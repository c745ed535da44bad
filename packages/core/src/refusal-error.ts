import type { Circuit } from './circuit/circuit.ts';
import type { Refusal } from './circuit/permit.ts';
import { CircuitOpenError, OverloadedError, type RefusedError } from './errors.ts';

/** The error that a refusal is thrown as, where it is. */
export function refusalError({ name }: Circuit, { reason, retryAfterMs }: Refusal): RefusedError {
  if (reason === 'overloaded') return new OverloadedError(name);
  return new CircuitOpenError(name, retryAfterMs, reason === 'forced_open');
}
