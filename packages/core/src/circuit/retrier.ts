import { statusOf } from '../classify.ts';
import { RefusedError } from '../errors.ts';
import type { Verdict } from '../events.ts';
import type { Call } from './call.ts';
import type { Machine } from './machine.ts';
import { type RetrySettings, waitBefore } from './retry.ts';
import { retryAfterOf } from './retry-after.ts';
import { RetryBudget } from './retry-budget.ts';
import { deadlineOf, type RunOptions } from './run-options.ts';
import type { Runner } from './runner.ts';
import { shownState } from './state.ts';

/** An upstream that asks for a longer wait than this, in milliseconds, is not waited for, whatever the deadline: nobody would be there. */
const mostAskedMs = 60_000;

/**
 * Calls functions through a circuit, and again while that makes sense: within one deadline over all tries, while the circuit is
 * closed, and as far as the budget goes. Each try has a permit of its own, and is counted.
 */
export class Retrier {
  readonly #machine: Machine;
  readonly #runner: Runner;
  readonly #budget = new RetryBudget();

  constructor(machine: Machine, runner: Runner) {
    this.#machine = machine;
    this.#runner = runner;
  }

  async run<T>(
    fn: (call: Call) => T | PromiseLike<T>,
    options: RunOptions | undefined,
    settings: RetrySettings,
  ): Promise<T> {
    const { clock, random } = this.#machine.settings;
    const timeoutMs = deadlineOf(this.#machine.settings, options);
    const endsAt = timeoutMs > 0 ? clock.now() + timeoutMs : Number.POSITIVE_INFINITY;
    this.#budget.earn(settings.budget);
    let verdict: Verdict | undefined;
    const onJudged = (judged: Verdict) => {
      verdict = judged;
    };
    let leftMs = timeoutMs;
    let failure: unknown;
    for (let tried = 0; ; tried++) {
      verdict = undefined;
      try {
        return await this.#runner.run(fn, { ...options, timeoutMs: leftMs, onJudged });
      } catch (error) {
        // refused meanwhile: what it failed with tells more
        failure = tried > 0 && error instanceof RefusedError && error.circuit === this.#machine.name ? failure : error;
        const retryAfterMs = retryAfterOf(error, clock);
        if (tried === settings.retries || failure !== error) break;
        if (!this.#isWorthIt(error, verdict, settings, retryAfterMs)) break;
        const waitMs = waitBefore(tried, settings, retryAfterMs, random);
        if (clock.now() + waitMs >= endsAt || !this.#budget.spend()) break;
        if (!(await slept(waitMs, options?.signal)) || !this.#isClosed) break;
        // a timer may be late
        leftMs = timeoutMs > 0 ? endsAt - clock.now() : 0;
        if (timeoutMs > 0 && leftMs <= 0) break;
      }
    }
    throw failure;
  }

  get #isClosed(): boolean {
    const { mode, settings } = this.#machine;
    return mode === 'shadow' || mode === 'disabled' || shownState(this.#machine, settings.clock.now()) === 'closed';
  }

  #isWorthIt(error: unknown, verdict: Verdict | undefined, { when }: RetrySettings, retryAfterMs: number): boolean {
    if (error instanceof RefusedError || !this.#isClosed || retryAfterMs > mostAskedMs) return false;
    if (when === undefined) return verdict === 'failure' || (statusOf(error) === 429 && retryAfterMs > 0);
    try {
      return when(error) === true;
    } catch (fault) {
      const { events, settings } = this.#machine;
      events.emit('option_failed', { at: settings.clock.wall(), option: 'retry.when', error: fault });
      return false;
    }
  }
}

/** `false` when the caller's signal aborts meanwhile. */
function slept(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (whole: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(whole);
    };
    const onAbort = () => end(false);
    const timer = setTimeout(end, ms, true);
    signal?.addEventListener('abort', onAbort);
  });
}
