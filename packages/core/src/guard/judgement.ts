import { ownerOf } from '../circuit/attribution.ts';
import type { Circuit } from '../circuit/circuit.ts';
import { retryAfterOf } from '../circuit/retry-after.ts';
import { reasonIn, statusOf, verdictIn } from '../classify.ts';
import { DeadlineError, RefusedError } from '../errors.ts';
import type { Verdict } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import type { FallbackReason } from '../metadata.ts';

/** What an outcome means: for the circuit, and for the client. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Why this is no answer; `undefined` where it is one, or is the host's to give. */
  readonly reason: FallbackReason | undefined;
  /** How long what has failed asks to wait. */
  readonly retryAfterMs?: number | undefined;
}

const succeeded: Judgement = { verdict: 'success', reason: undefined };
export const ignored: Judgement = { verdict: 'ignore', reason: undefined };
const failed: Judgement = { verdict: 'failure', reason: 'failure' };

/** What an answered status means. */
export function judgeStatus(status: number, exchange: Exchange, circuit: Circuit): Judgement {
  const said = circuit.judge({ status });
  const verdict = verdictIn(said);
  const reason = reasonIn(said);
  if (reason !== undefined) return { verdict, reason };
  if (status === 429)
    return isLimitersOwn(exchange) ? { verdict, reason: undefined } : { verdict, reason: 'rate_limited' };
  return verdict === 'success' ? succeeded : verdict === 'failure' ? failed : ignored;
}

/**
 * What a thrown error means. One that an inner circuit has counted or refused is counted once, by the circuit that owns it, and
 * gives its reason and its time; any other 4xx than 408 and 429, and a limiter's 429, is the host's to render.
 */
export function judgeError(error: unknown, circuit: Circuit | undefined): Judgement {
  if (error instanceof RefusedError)
    return { verdict: 'ignore', reason: error.reason, retryAfterMs: error.retryAfterMs };
  const owner = ownerOf(error);
  const said = circuit?.judge({ error }) ?? 'ignore';
  const verdict = owner?.verdict === 'failure' ? 'ignore' : verdictIn(said);
  const retryAfterMs = retryAfterOf(error, circuit?.clock) || undefined;
  const reason = reasonIn(said) ?? owner?.reason;
  if (reason !== undefined) return { verdict, reason, retryAfterMs };
  if (owner?.verdict === 'failure') return { verdict, reason: error instanceof DeadlineError ? 'timeout' : 'failure' };
  const isRateLimited = statusOf(error) === 429;
  if (verdict === 'ignore' && (!isRateLimited || isLimitersError(error))) return ignored;
  if (verdict === 'success') return succeeded;
  return { verdict, reason: isRateLimited ? 'rate_limited' : 'failure', retryAfterMs };
}

/** Whether it is a deadline that no circuit has counted: it came too soon to be an inner one's fault. */
export function isCutShort(error: unknown): boolean {
  return error instanceof DeadlineError && ownerOf(error)?.verdict === 'ignore';
}

const limiterFields = ['retry-after', 'ratelimit', 'ratelimit-reset', 'x-ratelimit-reset'];

/** A 429 with a time or a quota on it is the application's own word to this client. */
function isLimitersOwn(exchange: Exchange): boolean {
  return limiterFields.some((name) => exchange.header(name) !== undefined);
}

/** So is one that is thrown for the host to show (`expose`) with such headers, as http-errors and `ctx.throw` carry them. */
function isLimitersError(error: unknown): boolean {
  const { expose, headers } = error as { readonly expose?: unknown; readonly headers?: unknown };
  if (expose !== true || typeof headers !== 'object' || headers === null) return false;
  return Object.keys(headers).some((name) => limiterFields.includes(name.toLowerCase()));
}
