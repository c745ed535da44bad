import { describe, expect, it } from 'vitest';
import { hosts } from '../contract/hosts.ts';
import { mixed, timeouts } from './main.ts';

describe.concurrent.each(hosts)('$name', ({ name }) => {
  it('answers each request once, counts it once, and keeps nothing of it', { timeout: 60_000 }, async () => {
    const { tally, after, breaches } = await mixed(name, 1, 1);
    expect(breaches).toEqual([]);
    expect(tally.abandoned).toBeGreaterThan(0);
    expect(Math.min(after.calls.success, after.calls.failure, after.calls.ignored)).toBeGreaterThan(0);
  });

  it('keeps nothing of what times out', { timeout: 60_000 }, async () => {
    const { after, breaches } = await timeouts(name, 500, 1);
    expect(breaches).toEqual([]);
    expect(after.calls.failure).toBeGreaterThanOrEqual(500);
  });
});
