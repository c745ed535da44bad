import { type Clock, mostTimerMs } from '../clock.ts';
import type { Exchange } from '../exchange.ts';

/** Which of the two is over. */
export type StreamLimit = 'idleMs' | 'totalMs';

/** Watches an answer that flows: its silence, and its whole length. One timer, however many chunks. */
export class StreamWatch {
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #expire: (limit: StreamLimit) => void;
  readonly #endsAt: number;
  #flowedAt: number;
  #timer: NodeJS.Timeout | undefined;

  /** Limits in milliseconds; 0 is none. `expire` is called once, when one is over. */
  constructor(exchange: Exchange, clock: Clock, idleMs: number, totalMs: number, expire: (limit: StreamLimit) => void) {
    this.#exchange = exchange;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#expire = expire;
    this.#flowedAt = clock.now();
    this.#endsAt = totalMs > 0 ? this.#flowedAt + totalMs : Number.POSITIVE_INFINITY;
    this.#arm(this.#flowedAt);
  }

  flowed(): void {
    this.#flowedAt = this.#clock.now();
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }

  check(): void {
    const now = this.#clock.now();
    if (this.#exchange.blocked) this.#flowedAt = now; // a slow reader is not a silent handler
    if (now >= this.#endsAt) this.#expire('totalMs');
    else if (now >= this.#silentAt) this.#expire('idleMs');
    else this.#arm(now);
  }

  get #silentAt(): number {
    return this.#idleMs > 0 ? this.#flowedAt + this.#idleMs : Number.POSITIVE_INFINITY;
  }

  #arm(now: number): void {
    const ms = Math.min(this.#endsAt, this.#silentAt) - now;
    this.#timer = setTimeout(check, Math.min(Math.ceil(ms), mostTimerMs), this);
  }
}

function check(watch: StreamWatch): void {
  watch.check();
}
