import type { Clock } from '../clock.ts';
import type { CircuitMode, Events, Verdict } from '../events.ts';

/** A circuit, as far as those need it who call through it later. */
export interface CircuitHandle {
  readonly name: string;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly mode: CircuitMode;
  /** Milliseconds until it probes; `undefined` unless it is open, and while forced open. */
  readonly retryAfterMs: number | undefined;
  /** Calls that are under way. */
  readonly inFlight: number;
  readonly clock: Clock;
  readonly events: Events;
  run<T>(
    fn: (call: { readonly signal: AbortSignal }) => T | PromiseLike<T>,
    options?: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined },
  ): Promise<T>;
  verdictOf(outcome: { readonly error: unknown }): Verdict;
  metrics(): { readonly calls: { readonly failure: number } };
}
