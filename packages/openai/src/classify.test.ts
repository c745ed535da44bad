import { Circuit, CircuitOpenError, DeadlineError, OverloadedError } from '@brownout/core';
import { describe, expect, it, vi } from 'vitest';
import { OpenAIAnswerError } from './answer-error.ts';
import { classifyOpenAIError } from './classify.ts';
import { openAIOutcome } from './outcome.ts';

/** An error as the SDK makes them: its members are there, whatever they hold. */
const api = (status: number | undefined, members: object = {}, message = 'Of the SDK.') =>
  Object.assign(new Error(message), { status, headers: undefined, requestID: null, error: undefined, ...members });
const own = (members: object, message = 'Of the handler.') => Object.assign(new Error(message), members);
const caused = (message: string, cause: unknown) => new Error(message, { cause });
const named = (name: string, message = '') => own({ name }, message);

describe('openAIOutcome', () => {
  it.each<[string, string, unknown]>([
    ['a rate limit', 'rate_limited', api(429)],
    ['a rate limit, whoever threw it', 'rate_limited', own({ status: 429 })],
    ['a quota', 'insufficient_quota', api(429, { code: 'insufficient_quota' })],
    ['a quota, by its type', 'insufficient_quota', api(429, { code: null, type: 'insufficient_quota' })],
    ['a bill', 'insufficient_quota', api(402)],
    ['a bad key', 'unauthorized', api(401)],
    ['a bad key, of v4', 'unauthorized', own({ status: 403, headers: {}, error: {}, request_id: 'req_1' })],
    ["the application's own 401", 'rejected', own({ status: 401 })],
    ["the application's own 403, as `statusCode`", 'rejected', own({ statusCode: 403 })],
    ['a bad request', 'rejected', api(400)],
    ['a model that is gone', 'no_such_model', api(404, { code: 'model_not_found', type: 'invalid_request_error' })],
    ['a model that is gone, said with a 400', 'no_such_model', api(400, { code: 'model_decommissioned' })],
    ['a thing of the question that is gone', 'rejected', api(404, { code: null, type: 'invalid_request_error' })],
    ['a context that is too long', 'context_too_long', api(400, { code: 'context_length_exceeded' })],
    ['a body that is too long', 'context_too_long', api(413)],
    ['a timeout of the upstream', 'timeout', api(408)],
    ['an outage', 'unavailable', api(500)],
    ['an overload', 'unavailable', api(529)],
    ['a success that was thrown', 'bad_answer', api(200)],
    ['an error in a stream', 'unavailable', api(undefined, { code: 'server_error' })],
    ['a limit in a stream', 'rate_limited', api(undefined, { code: 'rate_limit_exceeded' })],
    ['a quota in a stream', 'insufficient_quota', api(undefined, { type: 'insufficient_quota' })],
    ['a bad prompt in a stream', 'rejected', api(undefined, { code: 'invalid_prompt' })],
    ['a connection', 'connection', api(undefined, {}, 'Connection error.')],
    [
      'a refused connection',
      'connection',
      caused('Connection error.', caused('fetch failed', own({ code: 'ECONNREFUSED' }))),
    ],
    ['a connection that timed out', 'timeout', caused('Connection error.', own({ code: 'UND_ERR_CONNECT_TIMEOUT' }))],
    ['a bad certificate', 'connection', caused('fetch failed', own({ code: 'CERT_HAS_EXPIRED' }))],
    ['a cut body', 'connection', new TypeError('terminated')],
    ['a cut body, wrapped', 'connection', caused('terminated', new TypeError('terminated'))],
    ['a cut body, by its socket', 'connection', own({ code: 'UND_ERR_SOCKET' }, 'other side closed')],
    ['a cut body of node-fetch', 'connection', own({ code: 'ERR_STREAM_PREMATURE_CLOSE' })],
    ['the timeout of the SDK', 'timeout', caused('Request timed out.', named('AbortError'))],
    ['a timeout of a signal', 'timeout', named('TimeoutError')],
    ['a timeout of a signal, by v7', 'timeout', caused('Request was aborted.', named('TimeoutError'))],
    ['an abort', 'aborted', named('AbortError')],
    ['an abort of the SDK', 'aborted', api(undefined, {}, 'Request was aborted.')],
    ['a body that is no JSON', 'bad_answer', new SyntaxError('Unterminated string in JSON')],
    ['the same, wrapped', 'bad_answer', caused('Unterminated string in JSON', new SyntaxError())],
    ['the same, of node-fetch', 'bad_answer', own({ name: 'FetchError', type: 'invalid-json' })],
    ['a connection of node-fetch', 'connection', own({ name: 'FetchError', code: 'ECONNRESET' })],
    ['a stream without an end', 'bad_answer', new Error('missing finish_reason for choice 0')],
    ['a stream of nothing', 'bad_answer', new Error('request ended without sending any chunks')],
    [
      'an answer that was cut by its limit',
      'rejected',
      new Error('Could not parse response content as the length limit was reached'),
    ],
    ['a silent stream', 'timeout', new OpenAIAnswerError('stalled')],
    ['a cut stream', 'bad_answer', new OpenAIAnswerError('cut')],
    ['a failed answer', 'unavailable', new OpenAIAnswerError('failed', { cause: { code: 'server_error' } })],
    [
      'a failed answer, by a limit',
      'rate_limited',
      new OpenAIAnswerError('failed', { cause: { code: 'rate_limit_exceeded' } }),
    ],
    ['a refusal', 'refused', new CircuitOpenError('model', 1_000)],
    ['a refusal within a `fetch`', 'refused', caused('Connection error.', new OverloadedError('model'))],
    ['a refusal by `brownoutFetch`', 'refused', api(503, { type: 'brownout_refused', code: 'circuit_open' })],
    ['a deadline', 'timeout', new DeadlineError('model', 100)],
    ['an error of the handler', 'unknown', new TypeError("Cannot read properties of undefined (reading 'map')")],
    ['nothing', 'unknown', undefined],
    ['a text', 'unknown', 'boom'],
  ])('reads %s as %s', (_, kind, error) => {
    expect(openAIOutcome(error).kind).toBe(kind);
  });

  it('is not caught in a circle of causes', () => {
    const error = own({});
    error.cause = error;
    expect(openAIOutcome(error).kind).toBe('unknown');
  });

  it('knows an error that the SDK made when it read what was no answer', () => {
    const error = new TypeError("Cannot read properties of undefined (reading 'map')");
    error.stack = `TypeError: x\n    at parse (/app/node_modules/openai/lib/parser.js:1:1)\n    at ask (/app/ask.js:1:1)`;
    expect(openAIOutcome(error)).toMatchObject({ kind: 'bad_answer', retry: true, next: true });
    error.stack = `TypeError: x\n    at tool (/app/ask.js:1:1)\n    at run (/app/node_modules/openai/lib/runner.js:1:1)`;
    expect(openAIOutcome(error)).toMatchObject({ kind: 'unknown', retry: false, next: false });
  });

  it('takes the times and the last word on trying again from the headers', () => {
    const headers = new Headers({ 'retry-after': '7', 'x-should-retry': 'false' });
    expect(openAIOutcome(api(503, { headers }))).toMatchObject({ retry: false, retryAfterMs: 7_000, next: true });
    expect(openAIOutcome(own({ status: 409, headers: { 'x-should-retry': 'true' } }))).toMatchObject({ retry: true });
    expect(openAIOutcome(new CircuitOpenError('model', 1_500))).toMatchObject({ retry: false, retryAfterMs: 1_500 });
  });
});

describe('classifyOpenAIError', () => {
  it.each<[string, unknown, unknown]>([
    ['a rate limit, which core knows', 'ignore', api(429)],
    [
      'a rate limit in a stream',
      { verdict: 'ignore', reason: 'rate_limited' },
      api(undefined, { code: 'rate_limit_exceeded' }),
    ],
    ['a bad key', { verdict: 'ignore', reason: 'failure' }, api(401)],
    ['a quota', { verdict: 'ignore', reason: 'failure' }, api(429, { code: 'insufficient_quota' })],
    ['a model that is gone', { verdict: 'ignore', reason: 'failure' }, api(404, { code: 'model_not_found' })],
    ["the application's own 401", 'ignore', own({ status: 401 })],
    ["the application's own 402", 'ignore', own({ status: 402 })],
    ['a bad request', 'ignore', api(400)],
    ['a bad prompt in a stream', { verdict: 'ignore', reason: 'failure' }, api(undefined, { code: 'invalid_prompt' })],
    ['an outage', 'failure', api(500)],
    ['a timeout', { verdict: 'failure', reason: 'timeout' }, new Error('Request timed out.')],
    ['a silent stream', { verdict: 'failure', reason: 'timeout' }, new OpenAIAnswerError('stalled')],
    ['an abort', { verdict: 'ignore', reason: 'failure' }, new Error('Request was aborted.')],
    [
      'a refusal by `brownoutFetch`',
      { verdict: 'ignore', reason: 'forced_open' },
      api(503, { type: 'brownout_refused', code: 'forced_open' }),
    ],
    [
      'a refusal within a `fetch`',
      { verdict: 'ignore', reason: 'circuit_open' },
      caused('Connection error.', new CircuitOpenError('model', 1_000)),
    ],
    ['an error of the handler', 'failure', new Error('boom')],
  ])('says of %s %j', (_, said, error) => {
    expect(classifyOpenAIError({ error })).toEqual(said);
  });

  it('gives statuses their default verdict', () => {
    expect([200, 404, 429, 503].map((status) => classifyOpenAIError({ status }))).toEqual([
      'success',
      'ignore',
      'ignore',
      'failure',
    ]);
  });

  it.each<[number, object, string]>([
    [401, {}, 'unauthorized'],
    [403, {}, 'unauthorized'],
    [429, { code: 'insufficient_quota' }, 'insufficient_quota'],
    [404, { code: 'model_not_found' }, 'no_such_model'],
  ])('makes an alert of a %i %j, once for each error, and no failure', async (status, members, problem) => {
    const circuit = new Circuit('model', { classify: classifyOpenAIError });
    const alerted = vi.fn();
    circuit.events.on('alert', alerted);
    const error = api(status, members);
    await circuit.run(() => Promise.reject(error)).catch(() => {});
    expect(circuit.metrics().calls).toMatchObject({ failure: 0, ignored: 1 });
    expect(circuit.verdictOf({ error })).toBe('ignore');
    expect(alerted.mock.calls).toEqual([[{ circuit: 'model', at: expect.any(Number), problem, error }]]);
  });

  it('makes none of any other error', () => {
    const circuit = new Circuit('model', { classify: classifyOpenAIError });
    const alerted = vi.fn();
    circuit.events.on('alert', alerted);
    for (const error of [api(429), api(500), own({ status: 401 }), new Error('boom')]) circuit.verdictOf({ error });
    expect(alerted).not.toHaveBeenCalled();
  });
});
