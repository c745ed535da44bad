import { record } from '../results.ts';

interface TestCase {
  readonly fullName: string;
  result(): { readonly state: string; readonly errors?: readonly { readonly message: string }[] };
}

/** A reporter for vitest. */
export default class VitestReporter {
  #number = 0;

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    const outcome = state === 'passed' || state === 'failed' ? state : 'skipped';
    record(this.#number++, test.fullName, outcome, errors?.[0]?.message);
  }
}
