import { record } from '../results.ts';

interface Test {
  fullTitle(): string;
}

interface Runner {
  on(event: 'pass' | 'fail' | 'pending', listener: (test: Test, error?: unknown) => void): Runner;
}

/** A reporter for mocha. */
function MochaReporter(runner: Runner): void {
  const numbers = new Map<Test, number>();
  const numberOf = (test: Test): number => {
    if (!numbers.has(test)) numbers.set(test, numbers.size);
    return numbers.get(test)!;
  };
  runner
    .on('pass', (test) => record(numberOf(test), test.fullTitle(), 'passed'))
    .on('fail', (test, error) => record(numberOf(test), test.fullTitle(), 'failed', error))
    .on('pending', (test) => record(numberOf(test), test.fullTitle(), 'skipped'));
}

// mocha loads reporters with `require`
export { MochaReporter as 'module.exports' };
