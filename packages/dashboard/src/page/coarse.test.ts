import { describe, expect, it } from 'vitest';
import { coarse } from './coarse.js';

describe('coarse', () => {
  it('adds up counts and keeps the worst, from the first whole step on', () => {
    const history = {
      from: 50,
      stepMs: 10,
      success: [9, 1, 2, 3, 4],
      failure: [9, 0, 1, 0, 1],
      refused: [9, 0, 0, 0, 5],
      degraded: [9, 0, 0, 0, 6],
      p95: [9, null, 5, 3, null],
      state: ['open', 'closed', 'half_open', null, 'closed'] as ('open' | 'closed' | 'half_open' | null)[],
    };
    expect(coarse(history, 30)).toEqual({
      from: 60,
      stepMs: 30,
      success: [6, 4],
      failure: [1, 1],
      refused: [0, 5],
      degraded: [0, 6],
      p95: [5, null],
      state: ['half_open', 'closed'],
    });
  });
});
