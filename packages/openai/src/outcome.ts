import { retryAfterOf, type Verdict } from '@brownout/core';
import { kindOf } from './outcome-kind.ts';
import type { OpenAIOutcomeKind } from './upstream-code.ts';

/** What an error of a call to a model means, for the circuit and for who tries again. */
export interface OpenAIOutcome {
  readonly kind: OpenAIOutcomeKind;
  /** What it says of the dependency. */
  readonly verdict: Verdict;
  /** Whether the same call may succeed when it is made again. */
  readonly retry: boolean;
  /** How long the upstream asks to wait before that, in milliseconds; `undefined` when it does not say. */
  readonly retryAfterMs: number | undefined;
  /** Whether another provider, or another model, may answer. */
  readonly next: boolean;
  /** No waiting mends it: somebody must act. */
  readonly alert: boolean;
}

type Consequence = Pick<OpenAIOutcome, 'verdict' | 'retry' | 'next' | 'alert'>;

const failed: Consequence = { verdict: 'failure', retry: true, next: true, alert: false };

/** What follows from each kind: the table of the README. */
export const consequences: Readonly<Record<OpenAIOutcomeKind, Consequence>> = {
  rate_limited: { verdict: 'ignore', retry: true, next: true, alert: false },
  insufficient_quota: { verdict: 'ignore', retry: false, next: true, alert: true },
  unauthorized: { verdict: 'ignore', retry: false, next: true, alert: true },
  no_such_model: { verdict: 'ignore', retry: false, next: true, alert: true },
  rejected: { verdict: 'ignore', retry: false, next: false, alert: false },
  context_too_long: { verdict: 'ignore', retry: false, next: true, alert: false },
  unavailable: failed,
  connection: failed,
  timeout: failed,
  bad_answer: failed,
  refused: { verdict: 'ignore', retry: false, next: true, alert: false },
  aborted: { verdict: 'ignore', retry: false, next: false, alert: false },
  unknown: { verdict: 'failure', retry: false, next: false, alert: false },
};

/**
 * Reads an error that the OpenAI SDK (v4 to v7), `primedStream`, `brownoutFetch` or a circuit has thrown, by its shape. A server
 * that says `x-should-retry` has the last word on that.
 */
export function openAIOutcome(error: unknown): OpenAIOutcome {
  const kind = kindOf(error);
  const { verdict, retry, next, alert } = consequences[kind];
  return {
    kind,
    verdict,
    retry: shouldRetry(error) ?? retry,
    retryAfterMs: retryAfterOf(error) || undefined,
    next,
    alert,
  };
}

function shouldRetry(error: unknown): boolean | undefined {
  const { headers } = (typeof error === 'object' && error !== null ? error : {}) as { headers?: unknown };
  const { get, 'x-should-retry': field } = (headers ?? {}) as { get?: unknown; 'x-should-retry'?: unknown };
  const said = typeof get === 'function' ? get.call(headers, 'x-should-retry') : field;
  return said === 'true' ? true : said === 'false' ? false : undefined;
}
