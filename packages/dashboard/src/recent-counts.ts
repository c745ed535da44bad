import { recentSteps, slotIn } from './steps.ts';

/** A tier may answer with any level: those that come when there is no room for more are counted as one. */
const mostNames = 30;
const otherName = 'other';

const slotOf = (step: number) => slotIn(recentSteps, step);

/** Counts by name over the last five minutes. */
export class RecentCounts {
  readonly #counts = new Map<string, Uint32Array>();
  readonly #reserved: string | undefined;
  #step: number;

  /** `reserved`: a name that is taken beside them; what comes by it is counted with the others. */
  constructor(step: number, reserved?: string) {
    this.#step = step;
    this.#reserved = reserved;
  }

  add(name: string): void {
    const hasRoom = this.#counts.size < mostNames && name !== this.#reserved;
    const counts = this.#counts.get(name) ?? this.#made(hasRoom ? name : otherName);
    counts[slotOf(this.#step)]!++;
  }

  /** Goes on to a step: what is older than five minutes is forgotten. */
  advance(step: number): void {
    const passed = Math.min(step - this.#step, recentSteps);
    this.#step = step;
    for (const [name, counts] of this.#counts) {
      for (let back = 0; back < passed; back++) counts[slotOf(step - back)] = 0;
      if (counts.every((count) => count === 0)) this.#counts.delete(name);
    }
  }

  totals(): Record<string, number> {
    return Object.fromEntries([...this.#counts].map(([name, counts]) => [name, counts.reduce((a, b) => a + b, 0)]));
  }

  #made(name: string): Uint32Array {
    const counts = this.#counts.get(name) ?? new Uint32Array(recentSteps);
    this.#counts.set(name, counts);
    return counts;
  }
}
