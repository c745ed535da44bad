import { describe, expect, it } from 'vitest';
import { differences, listedInVain, passing, unexpected, unsteady } from './comparison.ts';
import type { Outcome, Results } from './results.ts';

const run = (outcomes: Record<string, Outcome>): Results =>
  new Map(
    Object.entries(outcomes).map(([title, outcome]) => [
      title,
      { outcome, error: outcome === 'failed' ? 'broke' : '' },
    ]),
  );

describe('The comparison of runs with and without a breaker', () => {
  const bare = [
    run({ good: 'passed', bad: 'failed', flaky: 'failed', left: 'passed', aside: 'skipped' }),
    run({ good: 'passed', bad: 'failed', flaky: 'passed', left: 'passed', aside: 'skipped' }),
  ];

  it('finds what fails, and what no longer runs', () => {
    expect(differences(bare, [run({ good: 'failed', bad: 'failed', flaky: 'failed', aside: 'skipped' })])).toEqual([
      { title: 'good', error: 'broke', because: undefined },
      { title: 'left', error: 'It did not run', because: undefined },
    ]);
  });

  it('takes what passes in one of two runs for steady no more than it takes it for broken', () => {
    const runs = [run({ good: 'failed', left: 'passed' }), run({ good: 'passed', left: 'passed' })];
    expect(differences(bare, runs)).toEqual([]);
    expect(unsteady(runs)).toEqual(['good']);
    expect(passing(runs)).toBe(2);
  });

  it('tells what is listed from what is not, and what is listed in vain', () => {
    const listed = { 'it expects a 5xx': ['good', 'other'] };
    const found = differences(bare, [run({ good: 'failed', left: 'failed' })], listed);
    expect(found.map(({ because }) => because)).toEqual(['it expects a 5xx', undefined]);
    expect(unexpected(found).map(({ title }) => title)).toEqual(['left']);
    expect(listedInVain(found, listed)).toEqual(['other']);
  });
});
