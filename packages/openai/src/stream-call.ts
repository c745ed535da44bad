import type { RunsCalls } from './runs-calls.ts';

/** A stream as one call of a circuit, which lasts until the stream has ended. */
export class StreamCall {
  readonly #leaving = new AbortController();
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #ran!: Promise<void>;

  /**
   * Resolves once the circuit has let it begin. `interrupt` is called when the circuit ends it: at its deadline.
   *
   * @throws what `run` throws when it refuses
   */
  begin(circuit: RunsCalls, interrupt: (error: unknown) => void): Promise<void> {
    return new Promise((begun, refused) => {
      const whole = () =>
        new Promise<void>((resolve, reject) => {
          this.#resolve = resolve;
          this.#reject = reject;
          begun();
        });
      this.#ran = circuit.run(whole, { signal: this.#leaving.signal });
      this.#ran.catch((error: unknown) => {
        refused(error);
        interrupt(error);
      });
    });
  }

  /** Settles when the circuit has counted it. */
  ended(): Promise<void> {
    this.#resolve();
    return this.#ran.catch(() => {}); // a deadline, by a hair
  }

  failed(error: unknown): Promise<void> {
    this.#reject(error);
    return this.#ran.catch(() => {});
  }

  /** Who asked for it has left: it says nothing of the model. */
  left(reason: unknown): Promise<void> {
    this.#leaving.abort(reason);
    return this.failed(reason);
  }
}
