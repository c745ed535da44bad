import { AsyncResource } from 'node:async_hooks';
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

/** Between two rounds there is at most this share of the time that a deadline has, and so many milliseconds. */
const roundShare = 1 / 100;
const mostRoundMs = 50;

/** That of one request, in whose asynchronous context it ends. */
export class Deadline extends AsyncResource {
  readonly exchange: Exchange;
  readonly events: DeadlineEvents;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  isArmed = true;
  /** `NaN` until a round has seen it. */
  endsAt = Number.NaN;
  /** How much of the request's own body had come when that was last asked. */
  uploaded = -1;
  isUploadWatched = false;

  constructor(exchange: Exchange, events: DeadlineEvents) {
    super('brownout.Deadline');
    this.exchange = exchange;
    this.events = events;
  }
}

/**
 * The deadlines to the first byte of all requests that have equally long. While a request's own body still arrives its deadline
 * waits, and starts anew when that is whole: a slow upload is not a slow handler.
 *
 * They end in the order in which they began, so one list and one timer do for all; most requests are over before a round of it has
 * seen them, and cost no timer. The time of each begins with the round after it: none ends early, and none later than two rounds.
 * The timer keeps no process alive: a connection does.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #roundMs: number;
  #first: Deadline | undefined;
  #last: Deadline | undefined;
  /** The first that no round has seen. */
  #unseen: Deadline | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether that is set to a round, and not to the end of the first. */
  #isRoundSet = false;

  /** @param ms how long each request has */
  constructor(ms: number) {
    this.#ms = Math.min(ms, mostTimerMs);
    this.#roundMs = Math.min(Math.ceil(ms * roundShare), mostRoundMs);
  }

  arm(exchange: Exchange, events: DeadlineEvents): Deadline {
    const deadline = new Deadline(exchange, events);
    this.#append(deadline);
    return deadline;
  }

  disarm(deadline: Deadline): void {
    if (!deadline.isArmed) return;
    deadline.isArmed = false;
    this.#remove(deadline);
    if (this.#first === undefined && !this.#isRoundSet) clearTimeout(this.#timer);
  }

  #append(deadline: Deadline): void {
    const last = this.#last;
    deadline.previous = last;
    if (last === undefined) this.#first = deadline;
    else last.next = deadline;
    this.#last = deadline;
    this.#unseen ??= deadline;
    if (!this.#isRoundSet) this.#setTimer(this.#roundMs, true);
  }

  #remove(deadline: Deadline): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    if (this.#unseen === deadline) this.#unseen = next;
    deadline.previous = undefined;
    deadline.next = undefined;
  }

  #restart(deadline: Deadline): void {
    if (!deadline.isArmed) return;
    this.#remove(deadline);
    deadline.endsAt = Number.NaN;
    this.#append(deadline);
  }

  #setTimer(ms: number, isRound: boolean): void {
    clearTimeout(this.#timer);
    this.#isRoundSet = isRound;
    this.#timer = setTimeout(round, Math.ceil(ms), this);
    this.#timer.unref();
  }

  round(): void {
    this.#isRoundSet = false;
    const now = performance.now();
    for (let unseen = this.#unseen; unseen !== undefined; unseen = unseen.next) {
      unseen.endsAt = now + this.#ms;
      this.#watchUpload(unseen);
    }
    this.#unseen = undefined;
    try {
      for (let first = this.#first; first !== undefined && first.endsAt <= now; first = this.#first) this.#end(first);
    } finally {
      if (this.#first !== undefined && !this.#isRoundSet) this.#setTimer(this.#first.endsAt - now, false);
    }
  }

  #watchUpload(deadline: Deadline): void {
    if (deadline.isUploadWatched || deadline.exchange.upload === 'whole') return;
    deadline.isUploadWatched = true;
    deadline.exchange.whenUploaded(() => this.#restart(deadline));
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

function round(deadlines: Deadlines): void {
  deadlines.round();
}
