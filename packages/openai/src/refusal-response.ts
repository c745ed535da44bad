import type { RefusedError } from '@brownout/core';
import { refusedType } from './upstream-code.ts';

/**
 * A refusal as an answer of the upstream's: the SDK throws it as an error with status 503. `x-should-retry` is its own field, and
 * keeps it from trying again.
 */
export function refusalResponse({ message, reason, circuit, headers }: RefusedError): Response {
  const error = { message, type: refusedType, code: reason, param: null, circuit };
  return Response.json({ error }, { status: 503, headers: { ...headers, 'x-should-retry': 'false' } });
}
