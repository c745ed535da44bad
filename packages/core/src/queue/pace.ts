/** How fast one more is added: so many successes for each that runs. */
const perStep = 8;
/** Above what failed before, it is tried so much more seldom. */
const wary = 16;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/**
 * How many jobs run at once: one to begin with, one more after a while without a failure, and half as many after one (additive
 * increase, multiplicative decrease: Chiu, Jain 1989). What was too many once is come near to, and tried again only slowly.
 */
export class Pace {
  readonly #most: number;
  #limit = 1;
  #successes = 0;
  #failedAt = Number.POSITIVE_INFINITY;
  #pauseMs = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get limit(): number {
    return this.#limit;
  }

  succeeded(): void {
    this.#pauseMs = 0;
    if (this.#limit >= this.#most) return;
    const needed = perStep * this.#limit * (this.#limit + 1 >= this.#failedAt ? wary : 1);
    if (++this.#successes < needed) return;
    this.#successes = 0;
    this.#limit++;
  }

  /** @returns how long to pause, in milliseconds: longer each time until something succeeds */
  failed(): number {
    this.#failedAt = Math.max(2, this.#limit);
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#successes = 0;
    this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, 2 * this.#pauseMs));
    return this.#pauseMs;
  }
}
