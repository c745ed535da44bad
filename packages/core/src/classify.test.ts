import { describe, expect, it } from 'vitest';
import { defaultVerdict, statusOf } from './classify.ts';
import { DeadlineError } from './errors.ts';

const error = (properties: object = {}) => Object.assign(new Error('boom'), properties);

describe('defaultVerdict', () => {
  it.each([
    [200, 'success'],
    [204, 'success'],
    [302, 'success'],
    [304, 'success'],
    [399, 'success'],
    [400, 'ignore'],
    [401, 'ignore'],
    [404, 'ignore'],
    [407, 'ignore'],
    [408, 'failure'],
    [409, 'ignore'],
    [429, 'ignore'],
    [499, 'ignore'],
    [500, 'failure'],
    [503, 'failure'],
    [529, 'failure'],
    [0, 'failure'],
    [Number.NaN, 'failure'],
  ])('of the status %s is %s', (status, verdict) => {
    expect(defaultVerdict({ status })).toBe(verdict);
    if (status >= 400) {
      expect(defaultVerdict({ error: error({ status }) })).toBe(verdict);
      expect(defaultVerdict({ error: error({ statusCode: status }) })).toBe(verdict);
    }
  });

  it.each([
    ['an error', error()],
    ['a refused connection', error({ code: 'ECONNREFUSED' })],
    ['a deadline', new DeadlineError('c', 5)],
    ['an AbortError that is not the caller’s', new DOMException('gone', 'AbortError')],
    ['an error with a status as text', error({ status: '404' })],
    ['an error with a status of success', error({ status: 200 })],
    ['a string', 'boom'],
    ['nothing', undefined],
    ['null', null],
  ])('of %s is failure', (_, thrown) => {
    expect(defaultVerdict({ error: thrown })).toBe('failure');
  });
});

describe('statusOf', () => {
  it('prefers `status` to `statusCode`', () => {
    expect(statusOf({ status: 404, statusCode: 500 })).toBe(404);
    expect(statusOf({ status: 'x', statusCode: 500 })).toBe(500);
    expect(statusOf('404')).toBeUndefined();
  });
});
