import { AsyncResource } from 'node:async_hooks';
import { mostTimerMs } from '../clock.ts';
import type { Exchange } from '../exchange.ts';
import { outside } from '../outside.ts';

/** What happens when time is over. */
export interface DeadlineEvents {
  /** No answer in time. */
  expired(): void;
  /** The request's own body stopped arriving. */
  stalled(): void;
}

/** That of one request, in whose asynchronous context it ends. */
export class Deadline extends AsyncResource {
  readonly exchange: Exchange;
  readonly events: DeadlineEvents;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  isArmed = true;
  endsAt = 0;
  /** How much of the request's own body had come when that was last asked. */
  uploaded = -1;

  constructor(exchange: Exchange, events: DeadlineEvents) {
    super('brownout.Deadline');
    this.exchange = exchange;
    this.events = events;
  }

  get leftMs(): number {
    return this.endsAt - performance.now();
  }
}

/**
 * The deadlines to the first byte of all requests that have equally long. While a request's own body still arrives its deadline
 * waits, and starts anew when that is whole: a slow upload is not a slow handler.
 *
 * They end in the order in which they began, so one list and one timer do for all. That is set to the end of the first, and when it
 * fires to the end of the one that is first by then, as most are disarmed meanwhile. It keeps no process alive: a connection does.
 */
export class Deadlines {
  readonly #ms: number;
  #first: Deadline | undefined;
  #last: Deadline | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What the timer was set for. */
  #dueAt = 0;

  /** @param ms how long each request has */
  constructor(ms: number) {
    this.#ms = Math.min(ms, mostTimerMs);
  }

  arm(exchange: Exchange, events: DeadlineEvents): Deadline {
    const deadline = new Deadline(exchange, events);
    this.#append(deadline);
    if (exchange.upload !== 'whole') exchange.whenUploaded(() => this.#restart(deadline));
    return deadline;
  }

  disarm(deadline: Deadline): void {
    if (!deadline.isArmed) return;
    deadline.isArmed = false;
    this.#remove(deadline);
  }

  /**
   * Ends those whose time is over: as of the moment that the timer was set for. Where it fires much later, the timers of handlers that were due
   * before the other deadlines run first, as they would if each deadline had a timer of its own.
   */
  sweep(): void {
    this.#timer = undefined;
    const dueAt = this.#dueAt;
    try {
      for (let first = this.#first; first !== undefined && first.endsAt <= dueAt; first = this.#first) this.#end(first);
    } finally {
      if (this.#first !== undefined) this.#setTimer(this.#first.endsAt - performance.now());
    }
  }

  #append(deadline: Deadline): void {
    const last = this.#last;
    deadline.endsAt = performance.now() + this.#ms;
    deadline.previous = last;
    if (last === undefined) this.#first = deadline;
    else last.next = deadline;
    this.#last = deadline;
    this.#setTimer(this.#ms);
  }

  #remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    deadline.previous = undefined;
    deadline.next = undefined;
  }

  #restart(deadline: Deadline): void {
    if (!deadline.isArmed) return;
    this.#remove(deadline);
    this.#append(deadline);
  }

  /** One that is set already ends no later. */
  #setTimer(ms: number): void {
    if (this.#timer !== undefined) return;
    const wholeMs = Math.max(1, Math.ceil(ms));
    this.#dueAt = performance.now() + wholeMs;
    outside.runInAsyncScope(() => {
      this.#timer = setTimeout(sweep, wholeMs, this).unref();
    });
  }

  #end(deadline: Deadline): void {
    const { upload } = deadline.exchange;
    if (typeof upload === 'number' && upload !== deadline.uploaded) {
      deadline.uploaded = upload;
      this.#restart(deadline);
      return;
    }
    this.disarm(deadline);
    const { events } = deadline;
    if (typeof upload === 'number') deadline.runInAsyncScope(events.stalled, events);
    else deadline.runInAsyncScope(events.expired, events);
  }
}

function sweep(deadlines: Deadlines): void {
  deadlines.sweep();
}
