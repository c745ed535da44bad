import { type Outcome, type ReasonedVerdict, reasonIn, verdictIn } from '../classify.ts';
import { DeadlineError, type RefusedError } from '../errors.ts';
import type { Verdict } from '../events.ts';
import { mark, ownerOf } from './attribution.ts';
import { type Call, DeadlineCall, untimedCall } from './call.ts';
import type { Machine } from './machine.ts';
import type { CallPermit, Refusal } from './permit.ts';
import { refusalError } from './refusal-error.ts';
import { retryAfterOf } from './retry-after.ts';
import type { State } from './state.ts';

export interface RunOptions {
  /** The caller's: when it has aborted, a call is not begun, and a failure says nothing of the dependency. */
  readonly signal?: AbortSignal | undefined;
  /** What the call is expected to cost, for limits on tokens; a circuit by itself makes nothing of it. */
  readonly tokens?: number | undefined;
}

/** How the calls of one closed state end that need no permit of their own: the same two functions for all. */
interface Flow {
  readonly generation: State;
  readonly settings: Machine['settings'];
  readonly succeeded: <T>(value: T) => T;
  readonly failed: (error: unknown) => never;
}

/** Node's longest timer, in milliseconds; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

/** Says what an outcome is worth, and never throws. */
export interface Judge {
  judge(outcome: Outcome): Verdict | ReasonedVerdict;
}

/** Calls functions through a circuit. */
export class Runner {
  readonly #machine: Machine;
  readonly #judge: Judge;
  #flow: Flow | undefined;

  constructor(machine: Machine, judge: Judge) {
    this.#machine = machine;
    this.#judge = judge;
  }

  run<T>(fn: (call: Call) => T | PromiseLike<T>, options: RunOptions | undefined): Promise<T> {
    const flow = this.#flow;
    const machine = this.#machine;
    if (
      flow === undefined ||
      options !== undefined ||
      flow.generation !== machine.state ||
      flow.settings !== machine.settings ||
      !machine.admitQuickly()
    )
      return this.#runWithPermit(fn, options?.signal);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(untimedCall);
    } catch (error) {
      this.#failed(machine.permitFor(flow.generation), error, Number.NaN, undefined);
      return Promise.reject(error);
    }
    // A subclass's `then` may do more than tell the value, as the OpenAI SDK's does; `Promise.resolve` calls it just once.
    const promise =
      returned instanceof Promise && returned.constructor === Promise
        ? (returned as Promise<T>)
        : Promise.resolve(returned);
    return promise.then(flow.succeeded, flow.failed);
  }

  #runWithPermit<T>(fn: (call: Call) => T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const machine = this.#machine;
    const permit = machine.admit();
    if (!permit.admitted) return Promise.reject(this.#refusal(permit));
    this.#renewFlow();
    if (machine.settings.timeoutMs > 0 && machine.mode !== 'disabled') return this.#runInTime(fn, permit, signal);
    const startedAt = this.#startOf(permit);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(signal === undefined ? untimedCall : { signal });
    } catch (error) {
      this.#failed(permit, error, startedAt, signal);
      return Promise.reject(error);
    }
    return Promise.resolve(returned).then(
      (value) => {
        permit.success(this.#since(startedAt));
        return value;
      },
      (error: unknown) => {
        this.#failed(permit, error, startedAt, signal);
        throw error;
      },
    );
  }

  /** With a deadline. Shadow mode counts it, and lets the call go on. */
  #runInTime<T>(
    fn: (call: Call) => T | PromiseLike<T>,
    permit: CallPermit,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const machine = this.#machine;
    const { timeoutMs } = machine.settings;
    const isShadow = machine.mode === 'shadow';
    const startedAt = this.#startOf(permit);
    const call = new DeadlineCall(signal);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(call);
    } catch (error) {
      this.#failed(permit, error, startedAt, signal);
      return Promise.reject(error);
    }
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      const onDeadline = () => {
        isOver = true;
        const error = new DeadlineError(machine.name, timeoutMs);
        this.#failed(permit, error, startedAt, signal);
        if (isShadow) return;
        reject(error);
        call.abort(error);
      };
      const timer = setTimeout(onDeadline, Math.min(timeoutMs, longestTimer));
      Promise.resolve(returned).then(
        (value) => {
          clearTimeout(timer);
          call.end();
          if (isOver) machine.countLate(permit);
          else permit.success(this.#since(startedAt));
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          call.end();
          if (isOver) machine.countLate(permit);
          else this.#failed(permit, error, startedAt, signal);
          reject(error);
        },
      );
    });
  }

  #failed(permit: CallPermit, error: unknown, startedAt: number, signal: AbortSignal | undefined): void {
    const machine = this.#machine;
    const durationMs = this.#since(startedAt);
    if (signal?.aborted) {
      permit.ignore(durationMs);
      return;
    }
    const said = this.#judge.judge({ error });
    const verdict = verdictIn(said);
    const isOwned = ownerOf(error, machine) !== undefined;
    if (verdict === 'failure')
      permit.failure(durationMs, { retryAfterMs: retryAfterOf(error, machine.settings.clock) });
    else if (verdict === 'success') permit.success(durationMs);
    else machine.settle(permit, 'ignore', durationMs, false, 0);
    if (!isOwned || verdict === 'failure')
      mark(error, { circuit: machine.name, verdict, reason: reasonIn(said) }, machine);
  }

  #refusal(refusal: Refusal): RefusedError {
    const { name } = this.#machine;
    const { reason, retryAfterMs } = refusal;
    const error = refusalError(name, refusal);
    mark(error, { circuit: name, verdict: 'refused', reason, retryAfterMs }, this.#machine);
    return error;
  }

  #startOf(permit: CallPermit): number {
    return permit.isTimed && Number.isNaN(permit.at) ? this.#machine.settings.clock.now() : permit.at;
  }

  #since(startedAt: number): number {
    return Number.isNaN(startedAt) ? Number.NaN : this.#machine.settings.clock.now() - startedAt;
  }

  #renewFlow(): void {
    const machine = this.#machine;
    const { settings, state: generation } = machine;
    if (this.#flow?.generation === generation && this.#flow.settings === settings) return;
    const isPlain =
      generation.kind === 'closed' &&
      machine.mode !== 'disabled' &&
      settings.timeoutMs === 0 &&
      settings.slowCallMs === false &&
      settings.maxConcurrent === undefined;
    this.#flow = isPlain
      ? {
          generation,
          settings,
          succeeded: (value) => {
            machine.quickSuccess(generation);
            return value;
          },
          failed: (error) => {
            this.#failed(machine.permitFor(generation), error, Number.NaN, undefined);
            throw error;
          },
        }
      : undefined;
  }
}
