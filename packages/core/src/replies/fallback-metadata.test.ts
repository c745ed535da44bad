import { describe, expect, it } from 'vitest';
import { fallbackMetadata, retryAfterSeconds } from './fallback-metadata.ts';

const facts = { reason: 'circuit_open', circuit: 'openai', retryAfterMs: undefined } as const;
const now = Date.UTC(2026, 10, 20, 10, 20, 12);

describe('retryAfterSeconds', () => {
  it('rounds up, and is never 0', () => {
    expect([27_001, 28_000, 1, 0, -5].map(retryAfterSeconds)).toEqual([28, 28, 1, 1, 1]);
  });

  it('is unknown when the time is', () => {
    expect([undefined, Number.NaN].map(retryAfterSeconds)).toEqual([undefined, undefined]);
  });

  it('stays a whole number that can be written', () => {
    expect([1e30, Number.POSITIVE_INFINITY].map(retryAfterSeconds)).toEqual([2147483647, 2147483647]);
  });
});

describe('fallbackMetadata', () => {
  it('has no member that is not known', () => {
    expect(Object.keys(fallbackMetadata('unavailable', facts, now))).toEqual([
      'from_fallback',
      'fallback_reason',
      'fallback_level',
      'circuit',
    ]);
  });

  it('tells the age of a cached answer', () => {
    expect(fallbackMetadata('l1_cache', { ...facts, retryAfterMs: 27_400 }, now, now - 312_900)).toEqual({
      from_fallback: true,
      fallback_reason: 'circuit_open',
      fallback_level: 'l1_cache',
      circuit: 'openai',
      retry_after: 28,
      cached_at: '2026-11-20T10:14:59.100Z',
      age_seconds: 312,
    });
  });

  it('holds an answer from the future to be fresh', () => {
    expect(fallbackMetadata('l1_cache', facts, now, now + 5000)).toMatchObject({ age_seconds: 0 });
  });

  it('leaves out a time that is no date', () => {
    for (const cachedAt of [Number.NaN, 1e20, Number.NEGATIVE_INFINITY])
      expect(fallbackMetadata('l1_cache', facts, now, cachedAt)).not.toHaveProperty('cached_at');
  });
});
