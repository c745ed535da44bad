import type { CircuitSettings } from './circuit-options.ts';

/** What a window counts of one call. */
export interface Tally {
  /** 1, or 0 for a call without a verdict. */
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
  /** Slow calls without a verdict: they count towards the share of slow calls alone. */
  readonly waited: number;
}

/** The calls of late, as the rules judge them. Totals are right after `advance`. */
export interface Window extends Tally {
  /** Forgets what is too old. */
  advance(now: number): void;
  /** Counts a call, after `advance` to the same moment. */
  add(failed: boolean, slow: boolean): void;
  /** Counts a slow call without a verdict, after `advance`. */
  addWaited(): void;
  /** Calls `each` with what it holds, oldest first. */
  replay(each: (at: number, tally: Tally) => void): void;
}

type WindowSettings = Pick<CircuitSettings, 'windowMs' | 'windowCalls'>;

/** An empty window over time or, with `windowCalls`, over calls. */
export function createWindow(settings: WindowSettings): Window {
  return settings.windowCalls === undefined ? new TimeWindow(settings.windowMs) : new CallWindow(settings.windowCalls);
}

/** A window of other settings that holds what `old` held, as far as it reaches. */
export function rebuiltWindow(old: Window, settings: WindowSettings, now: number): Window {
  const window = createWindow(settings);
  old.advance(now);
  old.replay((at, tally) => {
    // A window over calls does not know when they were; at the latest now.
    window.advance(Math.min(at, now));
    const plain = tally.calls - tally.failures;
    const slowFailures = Math.min(tally.failures, tally.slow - tally.waited);
    for (let i = 0; i < tally.failures; i++) window.add(true, i < slowFailures);
    for (let i = 0; i < plain; i++) window.add(false, i < tally.slow - tally.waited - slowFailures);
    for (let i = 0; i < tally.waited; i++) window.addWaited();
  });
  return window;
}

const buckets = 10;
/** Where the cells of slow calls hold what all buckets have together. */
const ofAll = 2 * buckets;

/**
 * Ten buckets of a tenth of the window each. A call counts until the tenth bucket after its own begins: for nine tenths of
 * the window at least, and never for the whole of it.
 */
class TimeWindow implements Window {
  calls = 0;
  failures = 0;
  readonly #bucketMs: number;
  #tick = Number.NEGATIVE_INFINITY;
  #slot = 0;
  /** Calls and failures of each bucket. Made by the first call: most circuits of a large set are idle. */
  #cells: number[] | undefined;
  /** Slow and waited of each bucket, and of all. Made by the first slow call. */
  #slowCells: number[] | undefined;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / buckets;
  }

  get slow(): number {
    return this.#slowCells?.[ofAll] ?? 0;
  }

  get waited(): number {
    return this.#slowCells?.[ofAll + 1] ?? 0;
  }

  advance(now: number): void {
    const tick = Math.floor(now / this.#bucketMs);
    // `<`: a clock that is set back, which a monotonic one is not, leaves calls in the bucket that is newest.
    if (tick <= this.#tick) return;
    const steps = Math.min(tick - this.#tick, buckets);
    this.#tick = tick;
    for (let i = 0; i < steps; i++) {
      this.#slot = this.#slot === buckets - 1 ? 0 : this.#slot + 1;
      this.#dropOldest();
    }
  }

  add(failed: boolean, slow: boolean): void {
    this.#cells ??= newCells();
    this.calls++;
    this.#cells[2 * this.#slot]!++;
    if (failed) {
      this.failures++;
      this.#cells[2 * this.#slot + 1]!++;
    }
    if (slow) this.#addSlow(0);
  }

  addWaited(): void {
    this.#addSlow(1);
  }

  replay(each: (at: number, tally: Tally) => void): void {
    for (let age = buckets - 1; age >= 0; age--) {
      const at = 2 * ((this.#slot - age + buckets) % buckets);
      const [calls = 0, failures = 0] = this.#cells?.slice(at, at + 2) ?? [];
      const [slow = 0, waited = 0] = this.#slowCells?.slice(at, at + 2) ?? [];
      if (calls + waited > 0) each((this.#tick - age) * this.#bucketMs, { calls, failures, slow, waited });
    }
  }

  #addSlow(waited: 0 | 1): void {
    this.#slowCells ??= newCells(1);
    for (const at of [2 * this.#slot, ofAll]) {
      this.#slowCells[at]!++;
      this.#slowCells[at + 1]! += waited;
    }
  }

  /** The slot that comes next holds the oldest bucket. */
  #dropOldest(): void {
    const at = 2 * this.#slot;
    if (this.#cells !== undefined) {
      this.calls -= this.#cells[at]!;
      this.failures -= this.#cells[at + 1]!;
      this.#cells.fill(0, at, at + 2);
    }
    if (this.#slowCells !== undefined) {
      this.#slowCells[ofAll]! -= this.#slowCells[at]!;
      this.#slowCells[ofAll + 1]! -= this.#slowCells[at + 1]!;
      this.#slowCells.fill(0, at, at + 2);
    }
  }
}

const newCells = (more = 0): number[] => new Array<number>(2 * (buckets + more)).fill(0);

const failedBit = 1;
const slowBit = 2;
const waitedBit = 4;

/** The last `size` calls, a byte each; the bytes are made as calls come. */
class CallWindow implements Window {
  calls = 0;
  failures = 0;
  slow = 0;
  waited = 0;
  readonly #size: number;
  #ring = new Uint8Array(0);
  #next = 0;
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  advance(): void {
    // Time does not age calls that are counted by number.
  }

  add(failed: boolean, slow: boolean): void {
    this.#push((failed ? failedBit : 0) | (slow ? slowBit : 0));
  }

  addWaited(): void {
    this.#push(slowBit | waitedBit);
  }

  replay(each: (at: number, tally: Tally) => void): void {
    for (let i = this.#length; i > 0; i--) {
      const bits = this.#ring[(this.#next - i + this.#ring.length) % this.#ring.length]!;
      each(Number.POSITIVE_INFINITY, {
        calls: bits & waitedBit ? 0 : 1,
        failures: bits & failedBit ? 1 : 0,
        slow: bits & slowBit ? 1 : 0,
        waited: bits & waitedBit ? 1 : 0,
      });
    }
  }

  #push(bits: number): void {
    if (this.#length === this.#ring.length && this.#length < this.#size) this.#grow();
    if (this.#length === this.#ring.length) this.#count(this.#ring[this.#next]!, -1);
    else this.#length++;
    this.#ring[this.#next] = bits;
    this.#next = this.#next + 1 === this.#ring.length ? 0 : this.#next + 1;
    this.#count(bits, 1);
  }

  /** Before it has its full size the ring never wraps, so what it holds can be copied as it stands. */
  #grow(): void {
    const larger = new Uint8Array(Math.min(this.#size, Math.max(16, this.#ring.length * 2)));
    larger.set(this.#ring);
    this.#next = this.#length;
    this.#ring = larger;
  }

  #count(bits: number, by: number): void {
    if (bits & waitedBit) this.waited += by;
    else this.calls += by;
    if (bits & failedBit) this.failures += by;
    if (bits & slowBit) this.slow += by;
  }
}
