import { describe, expect, it } from 'vitest';
import { retryAfterOf } from './retry-after.ts';

const clock = { now: () => 0, wall: () => Date.UTC(2026, 0, 1) };
const of = (error: unknown) => retryAfterOf(error, clock);

describe('retryAfterOf', () => {
  it.each([
    ['seconds in a plain object', { headers: { 'retry-after': '7' } }, 7_000],
    ['a number', { headers: { 'retry-after': 7 } }, 7_000],
    ['a spelled name', { headers: { 'Retry-After': '1.5' } }, 1_500],
    ['a Headers object', { headers: new Headers({ 'Retry-After': '3' }) }, 3_000],
    ['a date', { headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' } }, 9_000],
    ['a date that is past', { headers: { 'retry-after': 'Thu, 01 Jan 2015 00:00:09 GMT' } }, 0],
    ['milliseconds, as Azure says', { headers: new Headers({ 'retry-after-ms': '250', 'retry-after': '1' }) }, 250],
    ['spelled milliseconds', { headers: { 'Retry-After-Ms': '250' } }, 250],
    ['hundredths', { headers: { 'retry-after': ' 1.25 ' } }, 1_250],
    ['our own', { retryAfterMs: 42 }, 42],
    ['zero', { headers: { 'retry-after': '0' } }, 0],
    ['rubbish', { headers: { 'retry-after': 'soon' } }, 0],
    ['a negative time', { retryAfterMs: -1 }, 0],
    ['no end', { retryAfterMs: Number.POSITIVE_INFINITY }, 0],
    ['no headers', { headers: null }, 0],
    ['an empty Headers object', { headers: new Headers() }, 0],
    ['a string', 'boom', 0],
    ['nothing', undefined, 0],
    ['null', null, 0],
  ])('reads %s', (_, error, ms) => {
    expect(of(error)).toBe(ms);
  });

  it.each(['Thu Jan  1 12:00:09 2026', '2026-01-01T12:00:09'])('reads a date of an older form: %s', (date) => {
    const wall = () => Date.parse(date) - 9_000;
    expect(retryAfterOf({ headers: { 'retry-after': date } }, { ...clock, wall })).toBe(9_000);
  });

  it('survives a getter that throws', () => {
    const error = {
      get headers(): never {
        throw new Error('no');
      },
    };
    expect(of(error)).toBe(0);
  });
});
