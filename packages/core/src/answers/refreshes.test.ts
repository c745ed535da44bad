import { describe, expect, it } from 'vitest';
import { AnswerKeys } from './key.ts';
import { Refreshes } from './refreshes.ts';

const HOUR_MS = 3_600_000;
const keysOf = (url: string, agent = 'a') =>
  new AnswerKeys({
    method: 'GET',
    url,
    protocol: 'http',
    headers: ['Host', 'x', 'User-Agent', agent],
    certificate: undefined,
    key: undefined,
    scope: undefined,
  });

describe('Refreshes', () => {
  const keys = keysOf('/a');
  const burst = (refreshes: Refreshes, at: number, of = keys, vary: string[] = [], maxAgeMs = HOUR_MS) => {
    let stored = 0;
    for (let asked = 0; asked < 50; asked++) {
      if (!refreshes.isDue(of, at)) continue;
      refreshes.stored(of, vary, at, maxAgeMs);
      stored++;
    }
    return stored;
  };

  it('are ten in a row, and then one a second', () => {
    const refreshes = new Refreshes();
    expect(burst(refreshes, 1)).toBe(10);
    expect(burst(refreshes, 1000.5)).toBe(0);
    expect(burst(refreshes, 1001)).toBe(1);
    expect(burst(refreshes, 1999)).toBe(0);
    expect(burst(refreshes, 4001)).toBe(3);
    expect(burst(refreshes, 100_000)).toBe(10);
  });

  it('are counted for each question by itself', () => {
    const refreshes = new Refreshes();
    expect(burst(refreshes, 1)).toBe(10);
    expect(burst(refreshes, 1, keysOf('/b'))).toBe(10);
  });

  it('are counted by what answers vary by', () => {
    const refreshes = new Refreshes();
    const [one, two] = [keysOf('/a', 'one'), keysOf('/a', 'two')];
    expect(burst(refreshes, 1, one, ['user-agent'])).toBe(10);
    expect(burst(refreshes, 1, two, ['user-agent'])).toBe(10);
    expect(refreshes.isDue(one, 2)).toBe(false);
  });

  it('are counted anew once answers vary by nothing any more', () => {
    const refreshes = new Refreshes();
    burst(refreshes, 1, keys, ['user-agent']);
    expect(burst(refreshes, 1001, keys, [])).toBe(10);
    expect(refreshes.isDue(keys, 1002)).toBe(false);
  });

  it('begin again after a change, for requests that begin after it', () => {
    const refreshes = new Refreshes();
    burst(refreshes, 1);
    refreshes.changed(5);
    expect(burst(refreshes, 4)).toBe(50);
    expect(burst(refreshes, 6)).toBe(10);
  });

  it('are not counted where an answer lives for seconds only', () => {
    const refreshes = new Refreshes();
    expect(burst(refreshes, 1, keys, [], 9_999)).toBe(50);
    expect(burst(refreshes, 1, keys, [], 10_000)).toBe(10);
  });

  it('go on when the clock is set back', () => {
    const refreshes = new Refreshes();
    burst(refreshes, 1_000_000);
    expect(burst(refreshes, 1)).toBe(10);
  });

  it('remember so many questions, and no more', () => {
    const refreshes = new Refreshes();
    burst(refreshes, 1);
    for (let other = 0; other < 10_000; other++) refreshes.stored(keysOf(`/${other}`), [], 1, HOUR_MS);
    expect(refreshes.isDue(keys, 2)).toBe(true);
  });
});
