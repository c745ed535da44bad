import type { CallPermit } from './permit.ts';

/** The calls in flight that count towards `maxConcurrent`: those that were admitted since it was set. */
export class Concurrency {
  /** Oldest first. */
  readonly #held = new Set<CallPermit>();

  /** A call that has neither settled nor flowed for as long as its lease was leaked, and is in nobody's way. */
  isFull(limit: number, now: number, leaseMs: number): boolean {
    const held = this.#held;
    if (held.size < limit) return false;
    for (const permit of held) {
      if (now < permit.at + leaseMs) break;
      if (!permit.flows || now >= permit.flowedAt + leaseMs) held.delete(permit);
    }
    return held.size >= limit;
  }

  add(permit: CallPermit): void {
    this.#held.add(permit);
  }

  delete(permit: CallPermit): void {
    this.#held.delete(permit);
  }
}
