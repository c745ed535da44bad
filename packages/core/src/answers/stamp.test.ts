import { describe, expect, it } from 'vitest';
import { stampsOf } from './stamp.ts';

describe('Stamps', () => {
  it('gives an order to what happens within one millisecond', () => {
    const clock = { now: () => 0, wall: () => 1_700_000_000_000 };
    const stamps = Array.from({ length: 3000 }, () => stampsOf(clock).next());
    expect(stamps[0]).toBe(1_700_000_000_000);
    for (let i = 1; i < stamps.length; i++) expect(stamps[i]!).toBeGreaterThan(stamps[i - 1]!);
    expect(stamps.at(-1)!).toBeLessThan(1_700_000_000_003);
  });

  it('follows the clock, back as well', () => {
    let wall = 1_700_000_000_000;
    const clock = { now: () => 0, wall: () => wall };
    stampsOf(clock).next();
    wall += 5;
    expect(stampsOf(clock).next()).toBe(wall);
    wall -= 2000;
    expect(stampsOf(clock).next()).toBe(wall);
  });
});
