import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isWholeLlmAnswer } from './whole-llm-answer.ts';

const json = (value: unknown) =>
  isWholeLlmAnswer({
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: Buffer.from(JSON.stringify(value)),
  });
const stream = (...events: unknown[]) =>
  isWholeLlmAnswer({
    headers: { 'content-type': 'text/event-stream' },
    body: Buffer.from(
      events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join(''),
    ),
  });
const zipped = (value: unknown, change = (body: Uint8Array) => body, coding = 'gzip') =>
  isWholeLlmAnswer({
    headers: { 'content-type': 'application/json', 'content-encoding': coding },
    body: change(gzipSync(JSON.stringify(value))),
  });
const choice = (finish_reason: string | null, message: object = { content: 'so' }) => ({
  choices: [{ finish_reason, message }],
});
const chunk = (finish_reason: string | null, delta: object = {}) => ({
  object: 'chat.completion.chunk',
  choices: [{ finish_reason, delta }],
});
const response = (status: string, ...output: object[]) => ({ object: 'response', status, output });
const said = { type: 'message', content: [{ type: 'output_text', text: 'so' }] };

describe('isWholeLlmAnswer', () => {
  it.each<[string, boolean]>([
    ['a completion that stopped', json(choice('stop'))],
    ['a response that was completed', json(response('completed', said))],
    ['one that has searched by itself', json(response('completed', { type: 'web_search_call' }, said))],
    ['an answer of another shape', json({ answer: 'so', sources: [] })],
    ['a list', json([1, 2])],
    ['no JSON at all', isWholeLlmAnswer({ headers: { 'content-type': 'application/json' }, body: Buffer.from('so') })],
    ['a text', isWholeLlmAnswer({ headers: {}, body: Buffer.from('finish_reason: length') })],
    ['a stream of chunks to its end', stream(chunk(null, { content: 's' }), chunk('stop'), '[DONE]')],
    [
      'a stream of events to its end',
      stream(
        { type: 'response.created', response: response('in_progress') },
        { type: 'response.completed', response: response('completed', said) },
      ),
    ],
    ['a stream with a line separator in a text', stream(chunk(null), { ...chunk('stop'), text: '\u2028' })],
    ['a compressed completion that stopped', zipped(choice('stop'))],
    ['a stream of another shape', stream({ token: 'so' }, { done: true })],
  ])('takes %s for whole', (_, isWhole) => {
    expect(isWhole).toBe(true);
  });

  it.each<[string, boolean]>([
    ['a completion that was cut', json(choice('length'))],
    ['one that was filtered', json(choice('content_filter'))],
    ['one that waits for a tool', json(choice('tool_calls', { tool_calls: [{}] }))],
    ['one that refuses', json(choice('stop', { refusal: 'I cannot' }))],
    ['one of which one choice was cut', json({ choices: [{ finish_reason: 'stop' }, { finish_reason: 'length' }] })],
    ['a response that is incomplete', json(response('incomplete', said))],
    ['one that waits for a function', json(response('completed', { type: 'function_call', name: 'f' }))],
    [
      'one that refuses in a part',
      json(response('completed', { type: 'message', content: [{ type: 'refusal', refusal: 'no' }] })),
    ],
    ['a stream of chunks without an end', stream(chunk(null, { content: 's' }))],
    ['a stream of chunks that was cut', stream(chunk(null), chunk('length'), '[DONE]')],
    ['a stream that refuses', stream(chunk(null, { refusal: 'I' }), chunk('stop'), '[DONE]')],
    ['a stream of events without an end', stream({ type: 'response.created', response: response('in_progress') })],
    [
      'a stream that failed',
      stream({ type: 'response.created' }, { type: 'response.failed', response: response('failed') }),
    ],
    ['a compressed completion that was cut', zipped(choice('length'))],
    ['one whose compression was cut', zipped(choice('stop'), (body) => body.subarray(0, -9))],
    ['one whose compression nobody knows', zipped(choice('stop'), undefined, 'zip')],
    ['one that grows too large', zipped({ ...choice('stop'), more: 'x'.repeat(2_000_000) })],
    ['a stream with an error in it', stream(chunk(null), { type: 'error', code: 'x' }, chunk('stop'))],
  ])('does not take %s for whole', (_, isWhole) => {
    expect(isWhole).toBe(false);
  });
});
