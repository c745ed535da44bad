import { describe, expect, it } from 'vitest';
import { expectAnswer } from './expect-answer.ts';

describe('expectAnswer', () => {
  it.each([
    { choices: [{ index: 0, message: { content: 'Nine.' }, finish_reason: 'stop' }] },
    { object: 'response', status: 'completed', error: null, output: [] },
    { object: 'response', status: 'incomplete', error: null, output: [{ type: 'message' }] },
  ])('hands on %j', (came) => {
    expect(expectAnswer(came)).toBe(came);
  });

  it.each([
    ['no_answer', '<html><body>502</body></html>'],
    ['no_answer', undefined],
    ['no_answer', null],
    ['no_answer', {}],
    ['no_answer', { choices: [] }],
    ['failed', { error: { code: 'server_error' } }],
    ['failed', { object: 'response', status: 'failed', error: { code: 'server_error' }, output: [] }],
    ['failed', { object: 'response', status: 'cancelled', error: null, output: [] }],
  ])('throws %s for %j', (problem, came) => {
    expect(() => expectAnswer(came)).toThrow(expect.objectContaining({ name: 'OpenAIAnswerError', problem }));
  });
});
