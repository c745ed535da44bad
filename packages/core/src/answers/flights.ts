import type { SharedFailure } from '../metadata.ts';
import type { StoredAnswer } from './store.ts';

/** What an asker's answer was, and by which headers it varies. */
export interface Landed {
  readonly answer: StoredAnswer;
  readonly vary: readonly string[];
  /** The key that it is stored under. */
  readonly key: string;
}

/** What those who wait are told: the answer, that it failed, or that they ask themselves; with a flight, and others wait for them. */
export type FlightEnd =
  | { readonly landed: Landed }
  | { readonly failure: SharedFailure }
  | { readonly asker: Flight | undefined };

/** So many askers in a row may get nothing that can be shared; then all who wait ask. */
const mostInVain = 2;

/** One question that is being asked, and those who wait for its answer. */
export class Flight {
  readonly #key: string;
  readonly #flights: Map<string, Flight>;
  readonly #waiting = new Set<(end: FlightEnd) => void>();
  #inVain = 0;

  constructor(key: string, flights: Map<string, Flight>) {
    this.#key = key;
    this.#flights = flights;
  }

  /** Waits. `leave` is called with the function that ends the waiting. */
  wait(onWaiting: (leave: () => void) => void): Promise<FlightEnd> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      onWaiting(() => {
        // the one who was asked to ask, and has left, is no more among those who wait
        if (this.#waiting.delete(resolve)) resolve({ asker: undefined });
      });
    });
  }

  landed(landed: Landed): void {
    this.#endAll({ landed });
  }

  failed(failure: SharedFailure): void {
    this.#endAll({ failure });
  }

  /** The asker got nothing that can be shared (`inVain`), or has left: the one who has waited longest asks. */
  passOn(inVain: boolean): void {
    if (inVain && ++this.#inVain >= mostInVain) {
      this.#endAll({ asker: undefined });
      return;
    }
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#over();
      return;
    }
    this.#waiting.delete(next);
    next({ asker: this });
  }

  #endAll(end: FlightEnd): void {
    this.#over();
    for (const settle of this.#waiting) settle(end);
    this.#waiting.clear();
  }

  #over(): void {
    if (this.#flights.get(this.#key) === this) this.#flights.delete(this.#key);
  }
}

/** The questions that are being asked, by the keys of their answers. */
export class Flights {
  readonly #byKey = new Map<string, Flight>();

  /** The one that is under way. */
  find(key: string): Flight | undefined {
    return this.#byKey.get(key);
  }

  /** A new one, of which the caller is the asker. */
  begin(key: string): Flight {
    const flight = new Flight(key, this.#byKey);
    this.#byKey.set(key, flight);
    return flight;
  }
}
