import { expect, it } from 'vitest';
import { alone } from './alone.js';

it('finds the values that have no neighbour, at either end as well', () => {
  expect(alone([1, null, 2, 3, null, 0, undefined, 4])).toEqual([0, 5, 7]);
  expect(alone([1, 2, null])).toEqual([]);
  expect(alone([])).toEqual([]);
});
