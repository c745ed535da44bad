/** Room that fills at a steady rate, up to a minute's worth, and is full to begin with. Times in milliseconds, by one clock. */
export class TokenBucket {
  readonly #perMinute: number;
  #level: number;
  #filledAt: number;

  constructor(perMinute: number, now: number, level = perMinute) {
    this.#perMinute = perMinute;
    this.#level = Math.min(level, perMinute);
    this.#filledAt = now;
  }

  /** How much there is. Below 0 where more than a minute's worth was taken at once. */
  level(now: number): number {
    const gained = (Math.max(0, now - this.#filledAt) * this.#perMinute) / 60_000;
    this.#level = Math.min(this.#perMinute, this.#level + gained);
    this.#filledAt = now;
    return this.#level;
  }

  /** Milliseconds until there is room for so much; 0 when there is. What is more than a minute's worth has room when it is full. */
  waitFor(amount: number, now: number): number {
    const missing = Math.min(amount, this.#perMinute) - this.level(now);
    // sums of shares come to a hair less than the whole
    return missing <= 1e-6 ? 0 : (missing * 60_000) / this.#perMinute;
  }

  take(amount: number, now: number): void {
    this.#level = this.level(now) - amount;
  }
}
