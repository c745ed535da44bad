import { record } from '../results.ts';

interface Assertion {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

interface FileResult {
  readonly testResults: readonly Assertion[];
  readonly testExecError?: { readonly message?: string };
}

/** A reporter for jest. */
export default class JestReporter {
  #number = 0;

  onTestResult({ path }: { readonly path: string }, { testResults, testExecError }: FileResult): void {
    if (testExecError !== undefined) record(this.#number++, path, 'failed', testExecError.message);
    for (const { fullName, status, failureMessages } of testResults) {
      const outcome = status === 'passed' || status === 'failed' ? status : 'skipped';
      record(this.#number++, fullName, outcome, failureMessages[0]);
    }
  }
}
