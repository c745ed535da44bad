import { expect, it } from 'vitest';
import { Growth } from './growth.ts';

it('is what has come since, all of it the first time, and never less than nothing', () => {
  const growth = new Growth();
  const [source, other] = [{}, {}];
  expect(growth.of(source, [5, 0])).toEqual([5, 0]);
  expect(growth.of(source, [7, 1])).toEqual([2, 1]);
  expect(growth.of(other, [1, 1])).toEqual([1, 1]);
  expect(growth.of(source, [3, 1])).toEqual([0, 0]);
  expect(growth.of(source, [4, 1])).toEqual([1, 0]);
});
