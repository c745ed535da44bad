import { type Clock, mostTimerMs } from '../clock.ts';
import type { BrownoutEvents } from '../events.ts';
import { outside } from '../outside.ts';
import { entryOf, type LoggedEvent, type Severity } from './entries.ts';
import { LineRate } from './line-rate.ts';
import type { Line } from './logger.ts';
import { oneLine } from './one-line.ts';

type Event = BrownoutEvents[LoggedEvent];

export interface JournalOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly linesPerMinute: number;
  readonly write: (line: Line) => void;
}

/** Events that are alike, from the first, which was told, or from when the others were. */
interface Alike {
  readonly name: LoggedEvent;
  readonly endsAt: number;
  times: number;
  last: Event;
}

/**
 * Makes lines of events. Of those that are alike the first is told at once, and then each `everyMs` how many more there were. Each event
 * is told, counted in a line, or counted among those that were left out for want of room: the numbers in the log add up.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #rate: LineRate;
  /** In the order in which they end. As each begins with a line, there are no more than lines. */
  readonly #alike = new Map<string, Alike>();
  readonly #leftOut = new Map<LoggedEvent, number>();
  #leftOutUntil = 0;
  /** When the first of all that is due. */
  #dueAt = Number.POSITIVE_INFINITY;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#rate = new LineRate(options.linesPerMinute, options.clock.now());
  }

  add(name: LoggedEvent, event: Event): void {
    if (this.#isOver) return;
    const now = this.#options.clock.now();
    if (now >= this.#dueAt) this.#tellDue(now);
    const key = entryOf(name).alike?.(event as never);
    const kind = key === undefined ? undefined : `${name}\0${key}`;
    const known = kind === undefined ? undefined : this.#alike.get(kind);
    if (known !== undefined) {
      known.times++;
      known.last = event;
      return;
    }
    if (this.#tell(name, event, 1, now) && kind !== undefined) this.#begin(kind, name, event, now);
    this.#setTimer(now);
  }

  /** Tells what has only been counted, and nothing after it. */
  close(): void {
    if (this.#isOver) return;
    this.#tellAll(Number.POSITIVE_INFINITY);
    this.drop();
  }

  /** Tells nothing more. */
  drop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#alike.clear();
    this.#leftOut.clear();
  }

  #begin(kind: string, name: LoggedEvent, last: Event, now: number): void {
    this.#alike.set(kind, { name, endsAt: now + this.#options.everyMs, times: 0, last });
  }

  /** `false`: there was no room. */
  #tell(name: LoggedEvent, event: Event, times: number, now: number): boolean {
    const { severity, words } = entryOf(name);
    if (!this.#rate.take(severity, now)) {
      if (this.#leftOut.size === 0) this.#leftOutUntil = now + this.#options.everyMs;
      this.#leftOut.set(name, (this.#leftOut.get(name) ?? 0) + times);
      return false;
    }
    const message = `${words(event as never)}${times > 1 ? ` (${times} times)` : ''}`;
    const { at: _, error, ...rest } = event as Event & { readonly error?: unknown };
    const facts = { event: name, ...textsFit(rest), ...(times > 1 && { times }) };
    this.#options.write({ severity, message, facts, ...('error' in event && { error: { thrown: error } }) });
    return true;
  }

  #tellDue(now: number): void {
    // not in the context of the request that has happened to come now: it is about others
    outside.runInAsyncScope(this.#tellAll, this, now);
    this.#setTimer(now);
  }

  /** Tells what is due by then. */
  #tellAll(until: number): void {
    const now = this.#options.clock.now();
    for (const [kind, { name, endsAt, times, last }] of this.#alike) {
      if (endsAt > until) break;
      this.#alike.delete(kind);
      if (times > 0 && this.#tell(name, last, times, now) && until <= now) this.#begin(kind, name, last, now);
    }
    if (this.#leftOut.size > 0 && this.#leftOutUntil <= until) this.#tellLeftOut(now);
  }

  /** Needs no room: it comes once in a while, and stands for many. */
  #tellLeftOut(now: number): void {
    const names = [...this.#leftOut.keys()];
    const counts = Object.fromEntries(this.#leftOut);
    const severity: Severity = names.some((name) => entryOf(name).severity !== 'info') ? 'warn' : 'info';
    this.#leftOut.clear();
    this.#rate.take(severity, now);
    const words = names.map((name) => `${counts[name]} ${name}`).join(', ');
    const message = `left out, for more than ${this.#options.linesPerMinute} lines a minute: ${words}`;
    this.#options.write({ severity, message, facts: { event: 'left_out', counts } });
  }

  /** Keeps no process alive: what was only counted by its end is told by `close`, or not at all. */
  #setTimer(now: number): void {
    const [first] = this.#alike.values();
    const leftOutUntil = this.#leftOut.size > 0 ? this.#leftOutUntil : Number.POSITIVE_INFINITY;
    this.#dueAt = Math.min(first?.endsAt ?? Number.POSITIVE_INFINITY, leftOutUntil);
    if (this.#isOver || this.#timer !== undefined || this.#dueAt === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(Math.max(1, Math.ceil(this.#dueAt - now)), mostTimerMs);
    outside.runInAsyncScope(() => {
      this.#timer = setTimeout(() => this.#due(), ms).unref();
    });
  }

  #due(): void {
    this.#timer = undefined;
    this.#tellDue(this.#options.clock.now());
  }
}

/** A copy whose texts are fit for a line, without what is undefined. */
function textsFit(facts: object): Record<string, unknown> {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, typeof value === 'string' ? oneLine(value) : value]));
}
