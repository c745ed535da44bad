/** Who waits is let in by an answer, or goes: its time is over, or its caller has left. */
export type Leaving = 'too late' | 'left';

interface Waiting<Answer> {
  readonly settle: (answer: Answer | Leaving) => void;
}

/** Calls that wait until there is room, first come, first served. */
export class WaitingLine<Answer> {
  readonly #waiting = new Set<Waiting<Answer>>();

  get length(): number {
    return this.#waiting.size;
  }

  /** Waits for at most so many milliseconds. */
  join(maxWaitMs: number, signal: AbortSignal | undefined): Promise<Answer | Leaving> {
    return new Promise((resolve) => {
      const settle = (answer: Answer | Leaving) => {
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        resolve(answer);
      };
      const onAbort = () => settle('left');
      const waiting = { settle };
      const timer = setTimeout(settle, maxWaitMs, 'too late');
      signal?.addEventListener('abort', onAbort);
      this.#waiting.add(waiting);
    });
  }

  /** Lets them in one by one, as long as `admit` has an answer. */
  advance(admit: () => Answer | undefined): void {
    for (const { settle } of this.#waiting) {
      const answer = admit();
      if (answer === undefined) return;
      settle(answer);
    }
  }
}
