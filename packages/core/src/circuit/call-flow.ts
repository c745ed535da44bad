import type { Ending } from '../exchange.ts';

/** Who hears how a call goes on after it has given its value. */
export interface FlowWatcher {
  flowed?(): void;
  /** Once. `error`: what it broke with. */
  ended(ending: Ending, error: unknown): void;
}

const flows = new WeakMap<object, CallFlow>();

/**
 * The rest of a call that is not over when it gives its value: a stream. Whoever makes that value makes this for it, and tells how it goes on:
 * `const flow = new CallFlow(stream)`. The circuits whose `run` has returned the value count the call by its end, and keep its place until then.
 * Only the first end counts. A value that is garbage before it has ended counts for nothing: what reads it has to hold on to it, as an iterator
 * that is an object of its own need not. `flowing` does all this for streams of any make.
 */
export class CallFlow {
  /** The innermost circuit first, which counts before the others are asked. */
  readonly #watchers: FlowWatcher[] = [];
  #end: { readonly ending: Ending; readonly error: unknown } | undefined;

  /** @param value what the function given to `run` returns, this very object */
  constructor(value: object) {
    flows.set(value, this);
  }

  /** It goes on, and is healthy: its place is kept for another `probeLeaseMs`. */
  flowed(): void {
    for (const watcher of this.#watchers) watcher.flowed?.();
  }

  /** It has come to its end: a success. */
  whole(): void {
    this.#ended('whole', undefined);
  }

  /** It broke, stalled or was cut. `error` is judged as though the call had thrown it: tell this before any reader sees it. */
  broke(error: unknown): void {
    this.#ended('broken', error);
  }

  /** Its reader has left: neither a success nor a failure. */
  left(): void {
    this.#ended('deserted', undefined);
  }

  /** Tells of the end at once where that has come. */
  watch(watcher: FlowWatcher): void {
    if (this.#end === undefined) this.#watchers.push(watcher);
    else watcher.ended(this.#end.ending, this.#end.error);
  }

  #ended(ending: Ending, error: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { ending, error };
    for (const watcher of this.#watchers.splice(0)) watcher.ended(ending, error);
  }
}

/** What is left of the call that gave this value; `undefined` where it is over. */
export function flowOf(value: unknown): CallFlow | undefined {
  return typeof value === 'object' && value !== null ? flows.get(value) : undefined;
}
