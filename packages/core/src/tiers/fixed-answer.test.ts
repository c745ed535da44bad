import { describe, expect, it } from 'vitest';
import { OptionsError } from '../errors.ts';
import { fixedAnswer } from './fixed-answer.ts';
import type { TierReply } from './tier.ts';

const answerOf = (given: Parameters<typeof fixedAnswer>[0]) =>
  fixedAnswer(given).answer(undefined as never, undefined as never) as TierReply;

describe('fixedAnswer', () => {
  it('is of level `static`', () => {
    expect(fixedAnswer('x').name).toBe('static');
  });

  it('answers a body, or a whole reply', () => {
    expect(answerOf({ items: [] })).toEqual({ body: { items: [] } });
    expect(answerOf('Back soon.')).toEqual({ body: 'Back soon.' });
    expect(answerOf({ status: 203, headers: { 'Content-Type': 'text/csv' }, body: 'a,b' })).toEqual({
      status: 203,
      headers: { 'content-type': 'text/csv' },
      body: 'a,b',
    });
  });

  it('is not changed by what happens to its argument', () => {
    const body = { list: [{ n: 1 }] };
    const headers = { 'x-a': ['1'] };
    const bytes = Uint8Array.of(1, 2);
    const answer = answerOf({ headers, body });
    const ofBytes = answerOf(bytes);
    body.list[0]!.n = 2;
    headers['x-a'].push('2');
    bytes[0] = 9;
    expect(answer).toEqual({ headers: { 'x-a': ['1'] }, body: { list: [{ n: 1 }] } });
    expect(ofBytes.body).toEqual(Uint8Array.of(1, 2));
  });

  it('is frozen throughout', () => {
    const { body, headers } = answerOf({ headers: { 'x-a': ['1'] }, body: { list: [{ n: 1 }] } });
    expect(() => ((body as { list: { n: number }[] }).list[0]!.n = 2)).toThrow(TypeError);
    expect(() => (headers!['x-b'] = 'x')).toThrow(TypeError);
  });

  it('refuses at start-up what cannot be sent', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const bad = [
      undefined,
      null,
      7,
      [1],
      new Date(),
      new Map(),
      circular,
      { n: 1n },
      { body: undefined },
      { status: 99, body: '' },
      { status: '200', body: '' },
      { headers: { 'bad name': 'x' }, body: '' },
      { headers: { 'x-a': 'line\nbreak' }, body: '' },
      { headers: { 'x-a': null }, body: '' },
      { headers: [], body: '' },
    ];
    for (const given of bad) expect(() => fixedAnswer(given as never)).toThrow(OptionsError);
  });

  it('says what is wrong', () => {
    expect(() => fixedAnswer({ status: 99, body: '' })).toThrow(
      '`fixedAnswer` cannot be sent: Expected `status` to be a whole number from 200 to 599, got `99` (number).',
    );
  });
});
