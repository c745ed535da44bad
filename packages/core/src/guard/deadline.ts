import type { Exchange } from '../exchange.ts';

/** What happens when time is over. */
export interface DeadlineEvents {
  /** No answer in time. */
  expired(): void;
  /** The request's own body stopped arriving. */
  stalled(): void;
}

/** A longer timer would fire at once. */
export const mostTimerMs = 2 ** 31 - 1;

/**
 * The deadline to the first byte. While the request's own body still arrives it waits, and starts anew when that is whole: a
 * slow upload is not a slow handler.
 */
export class Deadline {
  readonly #exchange: Exchange;
  readonly #ms: number;
  readonly #events: DeadlineEvents;
  #timer: NodeJS.Timeout;
  #uploaded = -1;
  #disarmed = false;

  constructor(exchange: Exchange, ms: number, events: DeadlineEvents) {
    this.#exchange = exchange;
    this.#ms = Math.min(ms, mostTimerMs);
    this.#events = events;
    this.#timer = setTimeout(check, this.#ms, this);
    if (exchange.upload !== 'whole') exchange.whenUploaded(() => this.#restart());
  }

  disarm(): void {
    this.#disarmed = true;
    clearTimeout(this.#timer);
  }

  check(): void {
    const { upload } = this.#exchange;
    if (typeof upload !== 'number') this.#events.expired();
    else if (upload === this.#uploaded) this.#events.stalled();
    else {
      this.#uploaded = upload;
      this.#restart();
    }
  }

  #restart(): void {
    if (this.#disarmed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(check, this.#ms, this);
  }
}

function check(deadline: Deadline): void {
  deadline.check();
}
