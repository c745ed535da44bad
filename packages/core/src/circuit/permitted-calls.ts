import { mostTimerMs } from '../clock.ts';
import { DeadlineError } from '../errors.ts';
import { type Call, DeadlineCall, untimedCall } from './call.ts';
import { flowOf } from './call-flow.ts';
import type { Arrival } from './entrance.ts';
import type { Machine } from './machine.ts';
import type { CallPermit, Refusal } from './permit.ts';
import { deadlineOf, type WatchedRunOptions } from './run-options.ts';
import type { Settling } from './settling.ts';

type Entered = CallPermit | Refusal;
/** Asks for a permit, and waits for it at most so many milliseconds (0: any); `undefined` when the caller has left while it waited. */
export type Enter = (arrival: Arrival | undefined, mostMs: number) => Entered | Promise<Entered | undefined>;

/** Calls that have a permit, and a deadline where there is one. */
export class PermittedCalls {
  readonly #machine: Machine;
  readonly #settling: Settling;
  readonly #enter: Enter;
  readonly #admitted: () => void;

  /** `admitted` is called when a call has its permit, before it is made. */
  constructor(machine: Machine, settling: Settling, enter: Enter, admitted: () => void) {
    this.#machine = machine;
    this.#settling = settling;
    this.#enter = enter;
    this.#admitted = admitted;
  }

  run<T>(fn: (call: Call) => T | PromiseLike<T>, options: WatchedRunOptions | undefined): Promise<T> {
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const machine = this.#machine;
    const timeoutMs = deadlineOf(machine.settings, options);
    const answer = this.#enter(options, timeoutMs);
    if (!(answer instanceof Promise)) return this.#runAnswered(fn, answer, options, timeoutMs);
    const { clock } = machine.settings;
    const cameAt = clock.now();
    return answer.then((late) => {
      if (late?.admitted === false) return Promise.reject(this.#settling.refusal(late));
      if (late === undefined || signal?.aborted) {
        late?.release();
        return Promise.reject(signal?.reason);
      }
      const leftMs = timeoutMs > 0 ? timeoutMs - (clock.now() - cameAt) : 0;
      if (timeoutMs === 0 || leftMs > 0) return this.#runAnswered(fn, late, options, leftMs);
      late.release();
      return Promise.reject(this.#settling.refusal(machine.turnAway('overloaded', undefined)));
    });
  }

  #runAnswered<T>(
    fn: (call: Call) => T | PromiseLike<T>,
    permit: CallPermit | Refusal,
    options: WatchedRunOptions | undefined,
    timeoutMs: number,
  ): Promise<T> {
    if (!permit.admitted) return Promise.reject(this.#settling.refusal(permit));
    const machine = this.#machine;
    const signal = options?.signal;
    this.#admitted();
    if (timeoutMs > 0 && machine.mode !== 'disabled') return this.#runInTime(fn, permit, options, timeoutMs);
    const startedAt = this.#settling.startOf(permit);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(signal === undefined ? untimedCall : { signal });
    } catch (error) {
      this.#settling.failed(permit, error, this.#settling.since(startedAt), options);
      return Promise.reject(error);
    }
    return Promise.resolve(returned).then(
      (value) => {
        this.#settling.gave(permit, value, this.#settling.since(startedAt), options);
        return value;
      },
      (error: unknown) => {
        this.#settling.failed(permit, error, this.#settling.since(startedAt), options);
        throw error;
      },
    );
  }

  /** With a deadline. Shadow mode counts it, and lets the call go on. */
  #runInTime<T>(
    fn: (call: Call) => T | PromiseLike<T>,
    permit: CallPermit,
    options: WatchedRunOptions | undefined,
    timeoutMs: number,
  ): Promise<T> {
    const machine = this.#machine;
    const isShadow = machine.mode === 'shadow';
    const startedAt = this.#settling.startOf(permit);
    const call = new DeadlineCall(options?.signal);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(call);
    } catch (error) {
      this.#settling.failed(permit, error, this.#settling.since(startedAt), options);
      return Promise.reject(error);
    }
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      const onDeadline = () => {
        isOver = true;
        const error = new DeadlineError(machine.name, Math.ceil(timeoutMs));
        const ownMs = machine.settings.timeoutMs;
        if (options?.isCutShort && !(ownMs > 0 && timeoutMs >= ownMs)) this.#settling.gaveUp(permit, error, startedAt);
        else this.#settling.failed(permit, error, this.#settling.since(startedAt), options);
        if (isShadow) return;
        reject(error);
        call.abort(error);
      };
      const timer = setTimeout(onDeadline, Math.min(timeoutMs, mostTimerMs));
      Promise.resolve(returned).then(
        (value) => {
          clearTimeout(timer);
          if (isOver) machine.countLate(permit);
          else this.#settling.gave(permit, value, this.#settling.since(startedAt), options);
          const flow = flowOf(value);
          if (flow === undefined) call.end();
          else flow.watch({ ended: call.end.bind(call) }); // until then its caller may leave; a closure would hold on to the value
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          call.end();
          if (isOver) machine.countLate(permit);
          else this.#settling.failed(permit, error, this.#settling.since(startedAt), options);
          reject(error);
        },
      );
    });
  }
}
