import { type Call, untimedCall } from './call.ts';
import { flowOf } from './call-flow.ts';
import type { Machine } from './machine.ts';
import { type Enter, PermittedCalls } from './permitted-calls.ts';
import type { WatchedRunOptions } from './run-options.ts';
import { type Judge, Settling } from './settling.ts';
import type { State } from './state.ts';

/** How the calls of one closed state end that need no permit of their own: the same two functions for all. */
interface QuickEnds {
  readonly generation: State;
  readonly settings: Machine['settings'];
  readonly succeeded: <T>(value: T) => T;
  readonly failed: (error: unknown) => never;
}

/** Calls functions through a circuit. Those of a closed one that nothing limits and nobody measures have a permit only if they fail. */
export class Runner {
  readonly #machine: Machine;
  readonly #settling: Settling;
  readonly #permitted: PermittedCalls;
  #ends: QuickEnds | undefined;

  constructor(machine: Machine, judge: Judge, enter: Enter) {
    this.#machine = machine;
    this.#settling = new Settling(machine, judge);
    this.#permitted = new PermittedCalls(machine, this.#settling, enter, () => this.#renewEnds());
  }

  run<T>(fn: (call: Call) => T | PromiseLike<T>, options: WatchedRunOptions | undefined): Promise<T> {
    const ends = this.#ends;
    const machine = this.#machine;
    if (
      ends === undefined ||
      options !== undefined ||
      ends.generation !== machine.state ||
      ends.settings !== machine.settings ||
      !machine.admitQuickly()
    )
      return this.#permitted.run(fn, options);
    let returned: T | PromiseLike<T>;
    try {
      returned = fn(untimedCall);
    } catch (error) {
      this.#settling.failed(machine.permitFor(ends.generation), error, Number.NaN, undefined);
      return Promise.reject(error);
    }
    // A subclass's `then` may do more than tell the value, as the OpenAI SDK's does; `Promise.resolve` calls it just once.
    const promise =
      returned instanceof Promise && returned.constructor === Promise
        ? (returned as Promise<T>)
        : Promise.resolve(returned);
    return promise.then(ends.succeeded, ends.failed);
  }

  /** For the calls that come after one that was admitted. */
  #renewEnds(): void {
    const machine = this.#machine;
    const settling = this.#settling;
    const { settings, state: generation } = machine;
    if (this.#ends?.generation === generation && this.#ends.settings === settings) return;
    const isPlain =
      generation.kind === 'closed' &&
      machine.mode !== 'disabled' &&
      settings.timeoutMs === 0 &&
      settings.slowCallMs === false &&
      settings.maxConcurrent === undefined &&
      settings.rateLimit === undefined;
    this.#ends = isPlain
      ? {
          generation,
          settings,
          succeeded: (value) => {
            if (flowOf(value) === undefined) machine.quickSuccess(generation);
            else settling.gave(machine.permitFor(generation), value, Number.NaN, undefined);
            return value;
          },
          failed: (error) => {
            settling.failed(machine.permitFor(generation), error, Number.NaN, undefined);
            throw error;
          },
        }
      : undefined;
  }
}
