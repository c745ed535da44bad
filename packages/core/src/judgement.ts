import { ownerOf } from './circuit/attribution.ts';
import type { Circuit } from './circuit/circuit.ts';
import { DeadlineError, RefusedError } from './errors.ts';
import type { Verdict } from './events.ts';
import type { Exchange } from './exchange.ts';
import type { FallbackReason } from './metadata.ts';

/** What an outcome means: for the circuit, and for the client. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Why this is no answer; `undefined` where it is one, or is the host's to give. */
  readonly reason: FallbackReason | undefined;
  readonly retryAfterMs?: number | undefined;
}

export const succeeded: Judgement = { verdict: 'success', reason: undefined };
export const ignored: Judgement = { verdict: 'ignore', reason: undefined };
export const failed: Judgement = { verdict: 'failure', reason: 'failure' };

/** What an answered status means. */
export function judgeStatus(status: number, exchange: Exchange, circuit: Circuit): Judgement {
  const verdict = circuit.verdictOf({ status });
  if (status === 429)
    return isLimitersOwn(exchange) ? { verdict, reason: undefined } : { verdict, reason: 'rate_limited' };
  return verdict === 'success' ? succeeded : verdict === 'failure' ? failed : ignored;
}

/**
 * What a thrown error means. One that an inner circuit has counted or refused is counted once, by the circuit that owns it, and
 * gives its reason and its time; any other 4xx than 408 and 429 is the host's to render.
 */
export function judgeError(error: unknown, circuit: Circuit | undefined): Judgement {
  if (error instanceof RefusedError)
    return { verdict: 'ignore', reason: error.reason, retryAfterMs: error.retryAfterMs };
  if (ownerOf(error)?.verdict === 'failure') return countedElsewhere(error);
  const verdict = circuit?.verdictOf({ error }) ?? 'ignore';
  if (statusOf(error) === 429) return { verdict, reason: 'rate_limited', retryAfterMs: retryAfterOf(error) };
  return verdict === 'failure' ? failed : verdict === 'success' ? succeeded : ignored;
}

/** A failure that another circuit has counted: it is answered for here, and not counted again. */
export function countedElsewhere(error: unknown): Judgement {
  return { verdict: 'ignore', reason: error instanceof DeadlineError ? 'timeout' : 'failure' };
}

/** A 429 with a time or a quota on it is the application's own word to this client. */
function isLimitersOwn(exchange: Exchange): boolean {
  return ['retry-after', 'ratelimit', 'ratelimit-reset', 'x-ratelimit-reset'].some(
    (name) => exchange.header(name) !== undefined,
  );
}

function statusOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  return status ?? statusCode;
}

/** Milliseconds of the `Retry-After` that an error carries, as fetch's `Headers` or as a plain object (RFC 9110 §10.2.3). */
function retryAfterOf(error: unknown): number | undefined {
  const { headers } = error as { headers?: unknown };
  if (typeof headers !== 'object' || headers === null) return undefined;
  const value: unknown =
    typeof (headers as Headers).get === 'function'
      ? (headers as Headers).get('retry-after')
      : ((headers as Record<string, unknown>)['retry-after'] ?? (headers as Record<string, unknown>)['Retry-After']);
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(String(value)) ? Number(value) * 1000 : Date.parse(String(value)) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
