import type { CircuitHandle } from '../circuit/circuit-handle.ts';
import { mostTimerMs } from '../clock.ts';
import { TierError } from '../errors.ts';
import type { ProvidedContext, Tier, TierContext, TierReply } from './tier.ts';

/** What a turn ends in when the client leaves meanwhile. */
export const clientGone = Symbol('client gone');

const DEFAULT_TIMEOUT_MS = 1000;
/** What a list says of its length costs it nothing, and who copies it all. */
const MOST_PASSAGES = 10_000;

/** One tier's turn in a climb: what it is told, and the wait for what it promised. A tier sees no more than `TierContext`. */
export class TierTurn implements TierContext {
  readonly reason: TierContext['reason'];
  readonly circuit: string;
  readonly through: CircuitHandle | undefined;
  readonly retryAfterMs: number | undefined;
  readonly error: unknown;
  readonly service: string | undefined;
  #provided: ProvidedContext | undefined;
  #copied = false;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(
    { reason, circuit, through, retryAfterMs, error, provided }: Omit<TierContext, 'signal'>,
    service?: string,
  ) {
    this.reason = reason;
    this.circuit = circuit;
    this.through = through;
    this.retryAfterMs = retryAfterMs;
    this.error = error;
    this.service = service;
    this.#provided = provided;
  }

  /** The tier's own copy: what it does to the list does not reach the next. */
  get provided(): ProvidedContext | undefined {
    if (!this.#copied && this.#provided) {
      const { passages, question } = this.#provided;
      this.#provided = { passages: Array.isArray(passages) ? passages.slice(0, MOST_PASSAGES) : passages, question };
    }
    this.#copied = true;
    return this.#provided;
  }

  /** Made when it is first read: most tiers never do. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  /**
   * Waits for `given`, as long as the tier may take and the client is there. Rejects with what the tier rejects with, or with a
   * `TierError` when its time is over. What comes later is nobody's business, rejections included.
   */
  wait(
    tier: Tier<unknown>,
    given: PromiseLike<TierReply | undefined>,
    left: AbortSignal | undefined,
  ): Promise<TierReply | undefined | typeof clientGone> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        left?.removeEventListener('abort', leave);
      };
      const leave = () => {
        done();
        this.#abort(left!.reason);
        resolve(clientGone);
      };
      const timeoutMs = Math.min(tier.timeoutMs ?? DEFAULT_TIMEOUT_MS, mostTimerMs);
      const timer = setTimeout(() => {
        done();
        const error = new TierError(tier.name, `It gave no answer within ${timeoutMs} ms.`);
        this.#abort(error);
        reject(error);
      }, timeoutMs);
      Promise.resolve(given).then(resolve, reject).finally(done);
      if (left?.aborted) leave();
      else left?.addEventListener('abort', leave);
    });
  }

  #abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}
