import { DeadlineError, RefusedError } from '@brownout/core';
import { OpenAIAnswerError } from './answer-error.ts';
import { type ErrorShape, isApiError, isConnectionError, isFromSdk, kindOfConnectionCode } from './error-shape.ts';
import { kindOfUpstreamError, type OpenAIOutcomeKind } from './upstream-code.ts';

/** As deep as errors are wrapped: by the SDK's helpers, by `fetch`, by undici, and once more by somebody. */
const deepest = 6;

/** What an error says: itself, or the first of its causes that says anything. */
export function kindOf(thrown: unknown): OpenAIOutcomeKind {
  let fallback: OpenAIOutcomeKind = 'unknown';
  let error = thrown as ErrorShape;
  for (let depth = 0; depth < deepest && typeof error === 'object' && error !== null; depth++) {
    const kind = ownKind(error);
    if (kind !== undefined) return kind;
    if (isConnectionError(error)) fallback = 'connection';
    error = error.cause as ErrorShape;
  }
  return fallback;
}

function ownKind(error: ErrorShape): OpenAIOutcomeKind | undefined {
  if (error instanceof RefusedError) return 'refused';
  if (error instanceof DeadlineError) return 'timeout';
  if (error instanceof OpenAIAnswerError) return kindOfAnswer(error);
  const status = error.status ?? error.statusCode;
  if (typeof status === 'number') return kindOfStatus(status, error);
  const kind = kindOfName(error) ?? kindOfMessage(error) ?? kindOfConnectionCode(error);
  if (kind !== undefined || isConnectionError(error)) return kind;
  if (isApiError(error)) return kindOfUpstreamError(error) ?? 'unavailable'; // an event in a stream, which has no status
  return undefined;
}

function kindOfAnswer({ problem, cause }: OpenAIAnswerError): OpenAIOutcomeKind {
  if (problem === 'late' || problem === 'stalled') return 'timeout';
  return kindOfUpstreamError(cause) ?? (problem === 'failed' ? 'unavailable' : 'bad_answer');
}

function kindOfStatus(status: number, error: ErrorShape): OpenAIOutcomeKind {
  const said = kindOfUpstreamError(error);
  if (said === 'refused') return said;
  if (status === 429) return said === 'insufficient_quota' ? said : 'rate_limited';
  // without the SDK's members these are the application's own word to its client, and nobody's bad key
  if ((status === 401 || status === 403) && isApiError(error)) return 'unauthorized';
  if (status === 402 && isApiError(error)) return 'insufficient_quota';
  if (status === 408) return 'timeout';
  if (status === 413 || said === 'context_too_long') return 'context_too_long';
  if (status >= 400 && status < 500) return said === 'no_such_model' ? said : 'rejected';
  return status >= 500 ? 'unavailable' : 'bad_answer';
}

function kindOfName(error: ErrorShape): OpenAIOutcomeKind | undefined {
  switch (error.name) {
    case 'TimeoutError': // of `AbortSignal.timeout`
      return 'timeout';
    case 'AbortError':
      return 'aborted';
    case 'SyntaxError': // of `JSON.parse`
      return 'bad_answer';
    case 'FetchError': // node-fetch's, which v4 brings
      return kindOfConnectionCode(error) ?? 'bad_answer';
    case 'TypeError':
      return error.message !== 'terminated' && isFromSdk(error) ? 'bad_answer' : undefined;
    default:
      return undefined;
  }
}

/** What the SDK's helpers throw when a stream was no whole answer. */
const notWhole = /^(?:missing \w+ for choice \d|request ended without sending any |stream ended without producing )/;

function kindOfMessage({ message, cause }: ErrorShape): OpenAIOutcomeKind | undefined {
  switch (message) {
    case 'Request was aborted.': // since v7 `cause` is what the signal was aborted with
      return (cause as ErrorShape | undefined)?.name === 'TimeoutError' ? 'timeout' : 'aborted';
    case 'Request timed out.':
      return 'timeout';
    case 'terminated': // undici's word for a body that breaks off; "Unterminated string" is JSON's
      return 'connection';
    case 'Could not parse response content as the length limit was reached':
    case 'Could not parse response content as the request was rejected by the content filter':
      return 'rejected';
    default:
      return typeof message === 'string' && notWhole.test(message) ? 'bad_answer' : undefined;
  }
}
