/** Latency percentiles in milliseconds, by nearest rank. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** How many durations of a window are kept. */
export const latenciesKept = 128;
const fewest = 1;
const none: number[] = [];

/**
 * A sample of the window's durations: the newest ones. The caller thins dense traffic out, so that the sample spans the
 * window. It is a ring of pairs, when and how long, that grows as they come.
 */
export class Latencies {
  #ring = none;
  #first = 0;
  #length = 0;

  /** @param most how many to keep */
  add(now: number, ms: number, maxAgeMs: number, most = latenciesKept): void {
    this.#prune(now, maxAgeMs);
    while (this.#length >= most) this.#dropOldest();
    if (2 * this.#length === this.#ring.length) this.#grow();
    const at = this.#place(this.#length);
    this.#ring[at] = now;
    this.#ring[at + 1] = ms;
    this.#length++;
  }

  /** `undefined` when the window holds none. */
  percentiles(now: number, maxAgeMs: number): Percentiles | undefined {
    this.#prune(now, maxAgeMs);
    if (this.#length === 0) return undefined;
    const sorted = Float64Array.from({ length: this.#length }, (_, i) => this.#ring[this.#place(i) + 1]!).sort();
    const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]!;
    return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
  }

  forget(): void {
    this.#ring = none;
    this.#first = 0;
    this.#length = 0;
  }

  #place(index: number): number {
    return (this.#first + 2 * index) % this.#ring.length;
  }

  #prune(now: number, maxAgeMs: number): void {
    while (this.#length > 0 && now - this.#ring[this.#first]! >= maxAgeMs) this.#dropOldest();
  }

  #dropOldest(): void {
    this.#first = this.#place(1);
    this.#length--;
  }

  #grow(): void {
    const larger = ringOf(Math.max(fewest, 2 * this.#length));
    for (let i = 0; i < this.#length; i++) {
      larger[2 * i] = this.#ring[this.#place(i)]!;
      larger[2 * i + 1] = this.#ring[this.#place(i) + 1]!;
    }
    this.#ring = larger;
    this.#first = 0;
  }
}

/** NaN makes it an array of plain doubles from the start. */
const ringOf = (pairs: number): number[] => new Array<number>(2 * pairs).fill(Number.NaN);
