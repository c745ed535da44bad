/** What `run` gives the function. */
export interface Call {
  /** Aborts at the deadline, and when the caller's own signal does. */
  readonly signal: AbortSignal;
}

/**
 * For a call that has neither a deadline nor a caller's signal. Each reading makes a signal of its own: listeners on one
 * that all calls share, and that never fires, would pile up for ever.
 */
export const untimedCall: Call = {
  get signal() {
    return new AbortController().signal;
  },
};

/** For a call with a deadline. Most functions never read the signal, so it is made when it is read. */
export class DeadlineCall implements Call {
  readonly #outer: AbortSignal | undefined;
  #controller: AbortController | undefined;
  #forward: (() => void) | undefined;
  #reason: unknown;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
      else this.#follow(this.#controller);
    }
    return this.#controller.signal;
  }

  /** The deadline is over. `reason` is an error, never `undefined`. */
  abort(reason: unknown): void {
    this.#reason = reason;
    this.end();
    this.#controller?.abort(reason);
  }

  /** The function has settled: lets go of the caller's signal, which may live much longer. */
  end(): void {
    if (this.#forward !== undefined) this.#outer?.removeEventListener('abort', this.#forward);
    this.#forward = undefined;
  }

  #follow(controller: AbortController): void {
    const outer = this.#outer;
    if (outer === undefined) return;
    if (outer.aborted) {
      controller.abort(outer.reason);
      return;
    }
    this.#forward = () => controller.abort(outer.reason);
    outer.addEventListener('abort', this.#forward);
  }
}
