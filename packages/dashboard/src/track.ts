import type { Circuit, CircuitMetrics } from '@brownout/core';
import type { CircuitHistory, CircuitSummary } from './contract.ts';
import { History } from './history.ts';
import { hrefOf } from './href.ts';
import { RecentCounts } from './recent-counts.ts';
import { SteadyTimes } from './steady.ts';

/** A moment on both clocks. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

/** By what `served` has the answers of handlers: no tier's level takes its place. */
const handlerName = 'handler';

/** What is known of one circuit besides what it tells itself: its past. */
export class Track {
  readonly circuit: Circuit;
  readonly href: string;
  /** The summary that those who follow were sent last, as JSON. */
  sent: string | undefined;
  readonly #history: History;
  readonly #levels: RecentCounts;
  readonly #reasons: RecentCounts;
  #threshold: unknown;
  readonly #times = new SteadyTimes<'since' | 'override' | 'probes' | 'failure' | 'success'>();

  constructor(circuit: Circuit, step: number, now: number) {
    this.circuit = circuit;
    this.href = hrefOf(circuit.name);
    this.#history = new History(step, circuit.metrics(), now);
    this.#levels = new RecentCounts(step, handlerName);
    this.#reasons = new RecentCounts(step);
    this.readOptions();
  }

  /** A tier has answered. */
  degraded(level: string, reason: string): void {
    this.#history.degraded();
    this.#levels.add(level);
    this.#reasons.add(reason);
  }

  advance(step: number, now: number): void {
    this.readOptions();
    this.#history.advance(step, this.circuit.metrics(), now);
    this.#levels.advance(step);
    this.#reasons.advance(step);
  }

  /** They change seldom, and no event tells. */
  readOptions(): void {
    this.#threshold = this.circuit.options['failureRateThreshold'];
  }

  history({ now, wall }: Moment): CircuitHistory {
    this.#history.note(this.circuit.metrics(), now);
    return this.#history.shown(now, wall);
  }

  summary({ now, wall }: Moment): CircuitSummary {
    const { circuit } = this;
    const metrics = circuit.metrics();
    const { state, mode, inFlight, calls, transitions, failureRate, latency } = metrics;
    this.#history.note(metrics, now);
    return {
      name: circuit.name,
      href: this.href,
      state,
      mode,
      status: circuit.health().status,
      stateSince: this.#times.tell('since', wall - metrics.stateAgeMs),
      ...(metrics.override && {
        override: { ...metrics.override, at: this.#times.tell('override', metrics.override.at) },
      }),
      ...this.#timesOf(metrics, wall),
      inFlight,
      callsPerMinute: this.#history.callsPerMinute(now),
      calls,
      ...(failureRate !== undefined && { failureRate: Math.round(failureRate * 10_000) / 10_000 }),
      ...(typeof this.#threshold === 'number' && { failureRateThreshold: this.#threshold }),
      ...(latency && { latency: { p50: rounded(latency.p50), p95: rounded(latency.p95), p99: rounded(latency.p99) } }),
      served: { [handlerName]: this.#history.handled, ...this.#levels.totals() },
      reasons: this.#reasons.totals(),
      transitions,
      trail: this.#history.trail,
    };
  }

  #timesOf({ retryAfterMs, lastFailureAt, lastSuccessAt }: CircuitMetrics, wall: number) {
    return {
      ...(retryAfterMs !== undefined && { probesAt: this.#times.tell('probes', wall + retryAfterMs) }),
      ...(lastFailureAt !== undefined && { lastFailureAt: this.#times.tell('failure', lastFailureAt) }),
      ...(lastSuccessAt !== undefined && { lastSuccessAt: this.#times.tell('success', lastSuccessAt) }),
    };
  }
}

/** What nobody can read need not be sent. */
const rounded = (value: number) => Math.round(value * 100) / 100;
