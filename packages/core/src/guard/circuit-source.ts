import type { Circuit } from '../circuit/circuit.ts';
import type { CircuitMode, Verdict } from '../events.ts';
import type { Exchange } from '../exchange.ts';

/** Says which circuit governs a request: at its beginning as far as that is known, and for certain once it is answered. */
export interface CircuitSource<Native> {
  guess(exchange: Exchange<Native>): Circuit | undefined;
  /** The one that a request may be answered for without being run; `undefined` where nobody can be sure of that. */
  certain(exchange: Exchange<Native>): Circuit | undefined;
  /** `status`: of the answer, where there is one. `undefined` as result: nothing was reached that is counted. */
  reached(exchange: Exchange<Native>, guess: Circuit | undefined, status?: number): Circuit | undefined;
  /** What became of a request that this circuit has governed. */
  settled(exchange: Exchange<Native>, circuit: Circuit, verdict: Verdict): void;
  /** The pattern that a guess stands for, where it came from what was learned. */
  expected(exchange: Exchange<Native>, guess: Circuit | undefined): string | undefined;
  /** Whether the user named it: then it counts what a breaker further in lets through, too. */
  readonly named: boolean;
  /** What a degraded answer calls the circuit where there is none. */
  readonly name: string;
  /** The mode while it is not known which circuit it is. */
  readonly mode: CircuitMode;
}

/** One circuit for all. */
export class OneCircuit<Native> implements CircuitSource<Native> {
  readonly #circuit: Circuit;
  readonly named: boolean;

  constructor(circuit: Circuit, named: boolean) {
    this.#circuit = circuit;
    this.named = named;
  }

  get name(): string {
    return this.#circuit.name;
  }

  get mode(): CircuitMode {
    return this.#circuit.mode;
  }

  guess(): Circuit {
    return this.#circuit;
  }

  certain(): Circuit {
    return this.#circuit;
  }

  reached(): Circuit {
    return this.#circuit;
  }

  /** No route need be learned. */
  expected(): string {
    return '';
  }

  /** Nor is anything learned of paths. */
  settled(): void {}
}
