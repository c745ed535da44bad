import { type Outcome, type ReasonedVerdict, reasonIn, verdictIn } from '../classify.ts';
import { mostTimerMs } from '../clock.ts';
import { DeadlineError, type RefusedError } from '../errors.ts';
import type { Verdict } from '../events.ts';
import { mark, ownerOf } from './attribution.ts';
import { type Call, DeadlineCall, untimedCall } from './call.ts';
import { flowOf } from './call-flow.ts';
import type { Arrival } from './entrance.ts';
import { settleAtEnd } from './flowing-call.ts';
import type { Machine } from './machine.ts';
import type { CallPermit, Refusal } from './permit.ts';
import { refusalError } from './refusal-error.ts';
import { retryAfterOf } from './retry-after.ts';
import type { State } from './state.ts';

export interface RunOptions extends Arrival {
  /** A deadline of this call, in milliseconds, where it is before the circuit's own. @default none */
  readonly timeoutMs?: number | undefined;
}

/** For one that calls again. */
export interface WatchedRunOptions extends RunOptions {
  /** `timeoutMs` is too short to say anything: when it is over, that is no failure. The circuit's own deadline is one all the same. */
  readonly isCutShort?: boolean | undefined;
  /** Told what a failed call was judged, once. What was refused, and what an abort ended, is not judged. */
  readonly onJudged?: ((verdict: Verdict) => void) | undefined;
}

/** How the calls of one closed state end that need no permit of their own: the same two functions for all. */
interface QuickEnds {
  readonly generation: State;
  readonly settings: Machine['settings'];
  readonly succeeded: <T>(value: T) => T;
  readonly failed: (error: unknown) => never;
}

/** Says what an outcome is worth, and never throws. */
export interface Judge {
  judge(outcome: Outcome): Verdict | ReasonedVerdict;
}

type Entered = CallPermit | Refusal;
/** Asks for a permit, and waits for it at most so many milliseconds (0: any); `undefined` when the caller has left while it waited. */
export type Enter = (arrival: Arrival | undefined, mostMs: number) => Entered | Promise<Entered | undefined>;

/** The deadline of a call, in milliseconds; 0 is none. */
export function deadlineOf({ timeoutMs }: { readonly timeoutMs: number }, options: RunOptions | undefined): number {
  const own = options?.timeoutMs;
  if (own === undefined || !(own > 0)) return timeoutMs;
  return timeoutMs > 0 ? Math.min(own, timeoutMs) : own;
}

/** Calls functions through a circuit. */
export class Runner {
  readonly #machine: Machine;
  readonly #judge: Judge;
  readonly #enter: Enter;
  #quick: QuickEnds | undefined;

  constructor(machine: Machine, judge: Judge, enter: Enter) {
    this.#machine = machine;
    this.#judge = judge;
    this.#enter = enter;
  }

  run<T>(fn: (call: Call) => T | PromiseLike<T>, options: WatchedRunOptions | undefined): Promise<T> {
    const quick = this.#quick;
    const machine = this.#machine;
    if (
      quick === undefined ||
      options !== undefined ||
      quick.generation !== machine.state ||
      quick.settings !== machine.settings ||
      !machine.admitQuickly()
    )
      return this.#runWithPermit(fn, options);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(untimedCall);
    } catch (error) {
      this.#failed(machine.permitFor(quick.generation), error, Number.NaN, undefined);
      return Promise.reject(error);
    }
    // A subclass's `then` may do more than tell the value, as the OpenAI SDK's does; `Promise.resolve` calls it just once.
    const promise =
      returned instanceof Promise && returned.constructor === Promise
        ? (returned as Promise<T>)
        : Promise.resolve(returned);
    return promise.then(quick.succeeded, quick.failed);
  }

  #runWithPermit<T>(fn: (call: Call) => T | PromiseLike<T>, options: WatchedRunOptions | undefined): Promise<T> {
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const machine = this.#machine;
    const timeoutMs = deadlineOf(machine.settings, options);
    const answer = this.#enter(options, timeoutMs);
    if (!(answer instanceof Promise)) return this.#runAnswered(fn, answer, options, timeoutMs);
    const { clock } = machine.settings;
    const cameAt = clock.now();
    return answer.then((late) => {
      if (late?.admitted === false) return Promise.reject(this.#refusal(late));
      if (late === undefined || signal?.aborted) {
        late?.release();
        return Promise.reject(signal?.reason);
      }
      const leftMs = timeoutMs > 0 ? timeoutMs - (clock.now() - cameAt) : 0;
      if (timeoutMs === 0 || leftMs > 0) return this.#runAnswered(fn, late, options, leftMs);
      late.release();
      return Promise.reject(this.#refusal(machine.turnAway('overloaded', undefined)));
    });
  }

  #runAnswered<T>(
    fn: (call: Call) => T | PromiseLike<T>,
    permit: CallPermit | Refusal,
    options: WatchedRunOptions | undefined,
    timeoutMs: number,
  ): Promise<T> {
    if (!permit.admitted) return Promise.reject(this.#refusal(permit));
    const machine = this.#machine;
    const signal = options?.signal;
    this.#renewQuick();
    if (timeoutMs > 0 && machine.mode !== 'disabled') return this.#runInTime(fn, permit, options, timeoutMs);
    const startedAt = this.#startOf(permit);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(signal === undefined ? untimedCall : { signal });
    } catch (error) {
      this.#failed(permit, error, this.#since(startedAt), options);
      return Promise.reject(error);
    }
    return Promise.resolve(returned).then(
      (value) => {
        this.#gave(permit, value, this.#since(startedAt), options);
        return value;
      },
      (error: unknown) => {
        this.#failed(permit, error, this.#since(startedAt), options);
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
    const startedAt = this.#startOf(permit);
    const call = new DeadlineCall(options?.signal);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(call);
    } catch (error) {
      this.#failed(permit, error, this.#since(startedAt), options);
      return Promise.reject(error);
    }
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      const onDeadline = () => {
        isOver = true;
        const error = new DeadlineError(machine.name, Math.ceil(timeoutMs));
        const ownMs = machine.settings.timeoutMs;
        if (options?.isCutShort && !(ownMs > 0 && timeoutMs >= ownMs)) this.#gaveUp(permit, error, startedAt);
        else this.#failed(permit, error, this.#since(startedAt), options);
        if (isShadow) return;
        reject(error);
        call.abort(error);
      };
      const timer = setTimeout(onDeadline, Math.min(timeoutMs, mostTimerMs));
      Promise.resolve(returned).then(
        (value) => {
          clearTimeout(timer);
          if (isOver) machine.countLate(permit);
          else this.#gave(permit, value, this.#since(startedAt), options);
          const flow = flowOf(value);
          if (flow === undefined) call.end();
          else flow.watch({ ended: call.end.bind(call) }); // until then its caller may leave; a closure would hold on to the value
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          call.end();
          if (isOver) machine.countLate(permit);
          else this.#failed(permit, error, this.#since(startedAt), options);
          reject(error);
        },
      );
    });
  }

  /** The call has given its value: it is over, but for one that flows, which is settled at its end. */
  #gave(permit: CallPermit, value: unknown, tookMs: number, options: WatchedRunOptions | undefined): void {
    const flow = flowOf(value);
    if (flow === undefined) permit.success(tookMs);
    else
      settleAtEnd(flow, value as object, permit, tookMs, this.#machine.settings.clock, (error) =>
        this.#failed(permit, error, tookMs, options),
      );
  }

  #failed(permit: CallPermit, error: unknown, durationMs: number, options: WatchedRunOptions | undefined): void {
    const machine = this.#machine;
    if (options?.signal?.aborted) {
      permit.ignore(durationMs);
      return;
    }
    const said = this.#judge.judge({ error });
    const verdict = verdictIn(said);
    options?.onJudged?.(verdict);
    const isOwned = ownerOf(error, machine) !== undefined;
    if (verdict === 'failure')
      permit.failure(durationMs, { retryAfterMs: retryAfterOf(error, machine.settings.clock) });
    else if (verdict === 'success') permit.success(durationMs);
    else machine.settle(permit, 'ignore', durationMs, false, 0);
    if (!isOwned || verdict === 'failure')
      mark(error, { circuit: machine.name, verdict, reason: reasonIn(said) }, machine);
  }

  /** The caller had no time to wait for it. */
  #gaveUp(permit: CallPermit, error: unknown, startedAt: number): void {
    permit.ignore(this.#since(startedAt));
    mark(error, { circuit: this.#machine.name, verdict: 'ignore', reason: 'timeout' }, this.#machine);
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

  #renewQuick(): void {
    const machine = this.#machine;
    const { settings, state: generation } = machine;
    if (this.#quick?.generation === generation && this.#quick.settings === settings) return;
    const isPlain =
      generation.kind === 'closed' &&
      machine.mode !== 'disabled' &&
      settings.timeoutMs === 0 &&
      settings.slowCallMs === false &&
      settings.maxConcurrent === undefined &&
      settings.rateLimit === undefined;
    this.#quick = isPlain
      ? {
          generation,
          settings,
          succeeded: (value) => {
            if (flowOf(value) === undefined) machine.quickSuccess(generation);
            else this.#gave(machine.permitFor(generation), value, Number.NaN, undefined);
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
