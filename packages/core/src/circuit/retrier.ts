import { statusOf, verdictIn } from '../classify.ts';
import { RefusedError } from '../errors.ts';
import type { Call } from './call.ts';
import type { Machine } from './machine.ts';
import { shownState } from './metrics.ts';
import { type RetrySettings, waitBefore } from './retry.ts';
import { retryAfterOf } from './retry-after.ts';
import { RetryBudget } from './retry-budget.ts';
import { deadlineOf, type Judge, type Runner, type RunOptions } from './runner.ts';

/**
 * Calls functions through a circuit, and again while that makes sense: within one deadline over all tries, while the circuit is
 * closed, and as far as the budget goes. Each try has a permit of its own, and is counted.
 */
export class Retrier {
  readonly #machine: Machine;
  readonly #runner: Runner;
  readonly #judge: Judge;
  readonly #budget = new RetryBudget();

  constructor(machine: Machine, runner: Runner, judge: Judge) {
    this.#machine = machine;
    this.#runner = runner;
    this.#judge = judge;
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
    let failure: unknown;
    for (let tried = 0; ; tried++) {
      try {
        return await this.#runner.run(fn, timeoutMs > 0 ? { ...options, timeoutMs: endsAt - clock.now() } : options);
      } catch (error) {
        // refused meanwhile: what it failed with tells more
        failure = tried > 0 && error instanceof RefusedError && error.circuit === this.#machine.name ? failure : error;
        const retryAfterMs = retryAfterOf(error, clock);
        if (tried === settings.retries || failure !== error || !this.#isWorthIt(error, settings, retryAfterMs)) break;
        const waitMs = waitBefore(tried, settings, retryAfterMs, random);
        if (clock.now() + waitMs >= endsAt || !this.#budget.spend()) break;
        if (!(await slept(waitMs, options?.signal)) || !this.#isClosed) break;
      }
    }
    throw failure;
  }

  get #isClosed(): boolean {
    const { mode, settings } = this.#machine;
    return mode === 'shadow' || mode === 'disabled' || shownState(this.#machine, settings.clock.now()) === 'closed';
  }

  #isWorthIt(error: unknown, { when }: RetrySettings, retryAfterMs: number): boolean {
    if (error instanceof RefusedError || !this.#isClosed) return false;
    if (when === undefined) {
      return verdictIn(this.#judge.judge({ error })) === 'failure' || (statusOf(error) === 429 && retryAfterMs > 0);
    }
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
