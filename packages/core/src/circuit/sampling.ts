import type { CircuitSettings } from './circuit-options.ts';
import { Latencies, latenciesKept, type Percentiles } from './latencies.ts';
import type { State } from './state.ts';

/** Which calls are measured for the percentiles: of dense traffic every so-manieth, so that the sample spans the window. */
export class Sampling extends Latencies {
  /** Calls until one is measured. */
  #left = 0;

  /** Whether the call that comes now is measured. */
  isDue(state: State): boolean {
    if (--this.#left > 0) return false;
    this.#left = state.kind === 'closed' ? Math.max(1, Math.floor(state.window.calls / latenciesKept)) : 1;
    return true;
  }

  /** Lets the call that comes now go by, if it is not measured. */
  skips(): boolean {
    if (this.#left <= 1) return false;
    this.#left--;
    return true;
  }

  measured(now: number, durationMs: number, settings: CircuitSettings): void {
    this.add(now, durationMs, ageMs(settings), Math.min(latenciesKept, settings.windowCalls ?? latenciesKept));
  }

  /** `undefined` where none counts. */
  percentilesAt(now: number, settings: CircuitSettings): Percentiles | undefined {
    return this.percentiles(now, ageMs(settings));
  }

  /** The next call is measured. */
  restart(): void {
    this.#left = 0;
  }

  clear(): void {
    this.forget();
    this.#left = 0;
  }
}

/** How long a latency counts: as long as the window, where that is one of time. */
function ageMs({ windowCalls, windowMs }: CircuitSettings): number {
  return windowCalls === undefined ? windowMs : Number.POSITIVE_INFINITY;
}
