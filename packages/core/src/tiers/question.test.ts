import { describe, expect, it } from 'vitest';
import type { RequestView } from '../request-view.ts';
import { questionOf } from './question.ts';

const of = (body: unknown, query = '', queryObject?: unknown) =>
  questionOf({ body, query, queryObject } as unknown as RequestView);

describe('questionOf', () => {
  it('takes the first name that the body has', () => {
    for (const name of ['question', 'query', 'q', 'prompt', 'message']) expect(of({ [name]: 'Why?' })).toBe('Why?');
    expect(of({ message: 'no', q: 'yes' })).toBe('yes');
    expect(of({ question: ' ', query: 7, q: null, prompt: ['first', 'second'] })).toBe('first');
  });

  it('takes the query when the body has none, parsed or not', () => {
    expect(of(undefined, 'x=1&q=What+is%20it%3F&q=no')).toBe('What is it?');
    expect(of({}, 'q=raw', { q: ['parsed', 'no'] })).toBe('parsed');
    expect(of('text', 'q=%E0%A4%A')).toBeTypeOf('string');
  });

  it('takes the last user message', () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'user', content: 'last' },
      { role: 'assistant', content: 'no' },
    ];
    expect(of({ messages })).toBe('last');
    expect(of({ messages, question: 'this' })).toBe('this');
  });

  it('reads content parts of type text', () => {
    const content = [
      { type: 'text', text: 'What is' },
      { type: 'image_url', image_url: { url: 'x' }, text: 'no' },
      null,
      { type: 'text', text: 7 },
      { type: 'text', text: 'this?' },
    ];
    expect(of({ messages: [{ role: 'user', content }] })).toBe('What is\nthis?');
  });

  it('reads no more than a thousand parts', () => {
    let read = 0;
    const part = {
      type: 'text',
      get text() {
        read++;
        return 'word';
      },
    };
    const messages = [{ role: 'user', content: Array(100_000).fill(part) }];
    expect(of({ messages })?.split('\n')).toHaveLength(1000);
    expect(read).toBeLessThanOrEqual(2000);
  });

  it('has none in anything else', () => {
    for (const body of [
      undefined,
      null,
      7,
      'text',
      [],
      {},
      { question: {} },
      { messages: {} },
      { messages: [null, 7] },
    ])
      expect(of(body)).toBeUndefined();
    expect(of({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] })).toBeUndefined();
    expect(of({ messages: [{ role: 'system', content: 'no' }] })).toBeUndefined();
  });
});
