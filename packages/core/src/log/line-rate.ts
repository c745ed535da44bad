import { TokenBucket } from '../circuit/token-bucket.ts';
import type { Severity } from './entries.ts';

/** The share of the room that is kept for what matters more: a flood of degraded answers hides no transition, nor these an alert. */
const keptFree: Readonly<Record<Severity, number>> = { info: 0.5, warn: 0.1, error: 0 };

/** How many lines there may be. */
export class LineRate {
  readonly #perMinute: number;
  readonly #bucket: TokenBucket;

  constructor(perMinute: number, now: number) {
    this.#perMinute = perMinute;
    this.#bucket = new TokenBucket(perMinute, now);
  }

  /** Whether there is room for a line, which is then taken. */
  take(severity: Severity, now: number): boolean {
    if (this.#bucket.waitFor(1 + keptFree[severity] * this.#perMinute, now) > 0) return false;
    this.#bucket.take(1, now);
    return true;
  }
}
