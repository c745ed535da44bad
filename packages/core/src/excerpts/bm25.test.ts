import { describe, expect, it } from 'vitest';
import { bm25, inverseFrequency } from './bm25.ts';

const counted = (length: number, ...counts: number[]) => ({ counts: Uint32Array.from(counts), length });
const shape = { k1: 1.2, b: 0.75 };

describe('inverseFrequency', () => {
  it('weighs a rare term more than a common one, and both above 0', () => {
    const [common, rare] = inverseFrequency(Uint32Array.of(40, 1), 40);
    expect(common).toBeGreaterThan(0);
    expect(rare).toBeGreaterThan(common!);
  });

  it('does not let an absent term outweigh all that a single piece has', () => {
    const [present, absent] = inverseFrequency(Uint32Array.of(1, 0), 1);
    expect(absent! / present!).toBeLessThan(2);
  });
});

describe('bm25', () => {
  const weights = Float64Array.of(2, 1);

  it('is the formula', () => {
    expect(bm25(counted(10, 3, 0), weights, 10, shape)).toBeCloseTo((2 * 3 * 2.2) / (3 + 1.2), 12);
    expect(bm25(counted(20, 1, 1), weights, 10, shape)).toBeCloseTo((3 * 2.2) / (1 + 1.2 * (0.25 + 1.5)), 12);
  });

  it('is 0 without a term', () => {
    expect(bm25(counted(10, 0, 0), weights, 10, shape)).toBe(0);
  });

  it('gains less from each repetition', () => {
    const of = (count: number) => bm25(counted(10, count, 0), weights, 10, shape);
    expect(of(2) - of(1)).toBeLessThan(of(1));
    expect(of(3) - of(2)).toBeLessThan(of(2) - of(1));
  });
});
