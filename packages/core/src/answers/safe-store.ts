import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import { isThenable } from '../tiers/thenable.ts';
import { type Applications, applicationsOf } from './applications.ts';
import { Refreshes } from './refreshes.ts';
import { areSendable } from './sendable-headers.ts';
import { type Stamps, stampsOf } from './stamp.ts';
import type { AnswerStore, StoredAnswer } from './store.ts';

type Found = StoredAnswer | undefined;

const made = new WeakMap<AnswerStore, WeakMap<Events, SafeStore>>();

/** The store as seen through these events; the same each time, so that its condition is told once. */
export function safeStore(store: AnswerStore, events: Events, clock: Clock): SafeStore {
  let byEvents = made.get(store);
  if (byEvents === undefined) {
    byEvents = new WeakMap();
    made.set(store, byEvents);
  }
  let safe = byEvents.get(events);
  if (safe === undefined) {
    safe = new SafeStore(store, events, clock);
    byEvents.set(events, safe);
  }
  return safe;
}

/**
 * A store that never throws and never rejects: what fails is a miss, or not stored. `store_failed` tells the first failure,
 * `store_recovered` the first success after it. Plain answers of the store stay plain.
 */
export class SafeStore {
  readonly store: AnswerStore;
  readonly stamps: Stamps;
  readonly refreshes = new Refreshes();
  readonly applications: Applications;
  readonly #events: Events;
  readonly #clock: Clock;
  #failing = false;

  constructor(store: AnswerStore, events: Events, clock: Clock) {
    this.store = store;
    this.applications = applicationsOf(store);
    this.stamps = stampsOf(clock);
    this.#events = events;
    this.#clock = clock;
  }

  get(key: string, note = false): Found | Promise<Found> {
    try {
      const found = this.store.get(key, note);
      return isThenable(found)
        ? Promise.resolve(found).then(
            (answer) => this.#checked(answer),
            (error: unknown) => this.#failed('get', error),
          )
        : this.#checked(found);
    } catch (error) {
      return this.#failed('get', error);
    }
  }

  /** Whether a note may be found: a key that nothing is looked up by need not be made. A store that does not say may have some. */
  get hasNotes(): boolean {
    try {
      return this.store.hasNotes ?? true;
    } catch {
      return true;
    }
  }

  set(key: string, answer: StoredAnswer, note = false): void {
    try {
      const done = this.store.set(key, answer, note);
      if (isThenable(done)) {
        Promise.resolve(done).then(
          () => this.#succeeded(),
          (error: unknown) => this.#failed('set', error),
        );
      } else this.#succeeded();
    } catch (error) {
      this.#failed('set', error);
    }
  }

  /** A store that cannot say has no room. */
  reserve(bytes: number): boolean {
    try {
      return this.store.reserve?.(bytes) ?? true;
    } catch {
      return false;
    }
  }

  release(bytes: number): void {
    try {
      this.store.release?.(bytes);
    } catch {
      // Nothing of the request depends on it.
    }
  }

  /** A shared store may hold what another program or version wrote. */
  #checked(found: unknown): Found {
    if (found === undefined || found === null || isAnswer(found)) {
      this.#succeeded();
      return found ?? undefined;
    }
    return this.#failed('get', new TypeError('The store returned something else than an answer.'));
  }

  #succeeded(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#events.emit('store_recovered', { at: this.#clock.wall() });
  }

  #failed(operation: 'get' | 'set', error: unknown): undefined {
    if (this.#failing) return;
    this.#failing = true;
    this.#events.emit('store_failed', { at: this.#clock.wall(), operation, error });
  }
}

function isAnswer(found: unknown): found is StoredAnswer {
  if (typeof found !== 'object' || found === null) return false;
  const { status, headers, body, storedAt, maxAgeMs } = found as Partial<StoredAnswer>;
  return (
    Number.isInteger(status) &&
    areSendable(headers) &&
    body instanceof Uint8Array &&
    Number.isFinite(storedAt) &&
    Number.isFinite(maxAgeMs)
  );
}
