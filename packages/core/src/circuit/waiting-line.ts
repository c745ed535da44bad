import type { AsyncResource } from 'node:async_hooks';
import { mostTimerMs } from '../clock.ts';

/** Who waits is let in by an answer, or goes: its time is over, or its caller has left. */
export type Leaving = 'too late' | 'left';

interface Waiting<Answer> {
  readonly settle: (answer: Answer | Leaving) => void;
  /** Of the caller, where it is wanted: it is let in by another's end. */
  readonly context: AsyncResource | undefined;
}

/** Calls that wait until there is room, first come, first served. */
export class WaitingLine<Answer> {
  readonly #waiting = new Set<Waiting<Answer>>();

  get length(): number {
    return this.#waiting.size;
  }

  /** Waits for at most so many milliseconds. `context`: that to be admitted in. */
  join(maxWaitMs: number, signal: AbortSignal | undefined, context?: AsyncResource): Promise<Answer | Leaving> {
    if (signal?.aborted) return Promise.resolve('left');
    return new Promise((resolve) => {
      const settle = (answer: Answer | Leaving) => {
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        resolve(answer);
      };
      const onAbort = () => settle('left');
      const waiting = { settle, context };
      const timer = setTimeout(settle, Math.min(maxWaitMs, mostTimerMs), 'too late');
      signal?.addEventListener('abort', onAbort);
      this.#waiting.add(waiting);
    });
  }

  /** Lets them in one by one, as long as there is room. Who is asked for is in the line no more: a listener may come in between. */
  advance(hasRoom: () => boolean, admit: () => Answer): void {
    for (const waiting of this.#waiting) {
      if (!hasRoom()) return;
      this.#waiting.delete(waiting);
      waiting.settle(waiting.context === undefined ? admit() : waiting.context.runInAsyncScope(admit));
    }
  }
}
