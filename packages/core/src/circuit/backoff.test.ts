import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackoffSettings, decayed, openTime } from './backoff.ts';

const settings = (patch: Partial<BackoffSettings> = {}): BackoffSettings => ({
  resetTimeoutMs: 1_000,
  resetBackoff: 2,
  resetTimeoutMaxMs: 10_000,
  jitter: 0,
  random: () => 0.5,
  ...patch,
});

describe('openTime', () => {
  it('multiplies with each failed round, up to the limit', () => {
    expect([0, 1, 2, 3, 4, 1_000_000].map((rounds) => openTime(rounds, settings()))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
  });

  it('varies by the jitter, either way', () => {
    expect(openTime(0, settings({ jitter: 0.1, random: () => 0 }))).toBeCloseTo(900);
    expect(openTime(0, settings({ jitter: 0.1, random: () => 1 }))).toBeCloseTo(1_100);
  });

  it('stays spread at the limit, and never beyond it', () => {
    const at = (random: number) => openTime(9, settings({ jitter: 0.1, random: () => random }));
    expect(at(0)).toBeCloseTo(9_000);
    expect(at(0.75)).toBeCloseTo(9_500);
    expect(at(1)).toBeCloseTo(9_000);
    expect(at(0.5)).toBe(10_000);
  });

  it('is a time whatever the generator and the options are', () => {
    const wild = fc.constantFrom<() => number>(
      () => Number.NaN,
      () => -1,
      () => 7,
      () => 'x' as never,
      () => {
        throw new Error('no entropy');
      },
    );
    fc.assert(
      fc.property(
        wild,
        fc.nat(5_000),
        fc.constantFrom(0, 1, 5e7),
        fc.constantFrom(1, 1e300),
        (random, rounds, ms, by) => {
          const limits = { resetTimeoutMs: ms, resetBackoff: by, resetTimeoutMaxMs: 1e8, jitter: 1, random };
          const time = openTime(rounds, limits);
          expect(time).toBeGreaterThanOrEqual(0);
          expect(time).toBeLessThanOrEqual(1e8);
          if (rounds === 0) expect(time).toBe(ms);
        },
      ),
    );
  });
});

describe('decayed', () => {
  it('forgets one round for each window in closed', () => {
    expect([0, 999, 1_000, 2_999, 9_999].map((ms) => decayed(3, ms, 1_000))).toEqual([3, 3, 2, 1, 0]);
  });
});
