import { describe, expect, it } from 'vitest';
import { amount, count, latency, left, percent, span } from './format.js';

describe('The page’s numbers', () => {
  it('are short, and never claim all or nothing where it is not so', () => {
    expect([0, 0.0004, 0.005, 0.123, 0.9904, 0.9999, 1].map(percent)).toEqual([
      '0%',
      '<0.1%',
      '0.5%',
      '12%',
      '99%',
      '99.9%',
      '100%',
    ]);
    expect([0, 0.2, 411.6, 1_840, 20_000, 99_940, 125_000].map(latency)).toEqual([
      '0 ms',
      '<1 ms',
      '412 ms',
      '1.8 s',
      '20 s',
      '100 s',
      '2 min',
    ]);
    expect(latency(undefined)).toBe('–');
    expect([0, 1_234, 41_204].map(amount)).toEqual(['0', '1,234', '41.2K']);
    expect([count(1, 'call'), count(2, 'call')]).toEqual(['1 call', '2 calls']);
  });

  it('tell spans in two units at most, and count down in seconds', () => {
    expect([0, 59_999, 60_000, 3_600_000, 7_500_000, 90_000_000, 8 * 86_400_000].map(span)).toEqual([
      '0 s',
      '59 s',
      '1 min',
      '1 h',
      '2 h 5 min',
      '1 d 1 h',
      '8 d',
    ]);
    expect([1, 17_200, 60_000, 99_001, 300_000, 3_600_000].map(left)).toEqual([
      '1 s',
      '18 s',
      '1 min',
      '1 min 40 s',
      '5 min',
      '1 h',
    ]);
  });
});
