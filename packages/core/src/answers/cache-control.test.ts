import { describe, expect, it } from 'vitest';
import { directiveSeconds, parseCacheControl } from './cache-control.ts';

const names = (field: string | string[] | undefined) => [...parseCacheControl(field).keys()];

describe('parseCacheControl', () => {
  it.each([
    ['no-store', ['no-store']],
    ['Public, MAX-AGE=60', ['public', 'max-age']],
    ['private="set-cookie, no-store", max-age=0', ['private', 'max-age']],
    ['ext="a\\"b, no-store", public', ['ext', 'public']],
    [' , ,no-cache,, ', ['no-cache']],
    [
      ['no-cache', 'no-store'],
      ['no-cache', 'no-store'],
    ],
    ['x-no-store, no-stored', ['x-no-store', 'no-stored']],
    [undefined, []],
    ['', []],
  ])('reads %j', (field, expected) => {
    expect(names(field)).toEqual(expected);
  });

  it('sees what stands in a quotation that does not end', () => {
    expect(names('private="a, no-store')).toContain('no-store');
  });
});

describe('directiveSeconds', () => {
  it.each([
    ['max-age=60', 60],
    ['max-age="60"', 60],
    ['max-age = 60', 60],
    ['max-age=60, max-age=5', 5],
    ['max-age=-1', 0],
    ['max-age=abc', 0],
    ['max-age=1.5', 0],
    ['max-age', 0],
    ['max-age=99999999999999', 2 ** 31],
    ['s-maxage=60', undefined],
  ])('reads %j', (field, expected) => {
    expect(directiveSeconds(parseCacheControl(field), 'max-age')).toBe(expected);
  });
});
