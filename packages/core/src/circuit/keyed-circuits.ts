import type { Circuit } from './circuit.ts';

/** Makes and forgets the circuits of a set. */
export interface CircuitMaker {
  make(key: string): Circuit;
  forget(circuit: Circuit): void;
}

/** How many circuits a look-up examines at most for one that may go. */
const examined = 32;

/**
 * Circuits by key (a tenant, a model), at most so many. The one that was not asked for longest goes, but only while it is idle, with
 * nothing in flight and no override: closed without a failure of late, or due for a probe for so long that what opened it is of no
 * interest any more (`resetTimeoutMaxMs`). While none is, there are more.
 */
export class KeyedCircuits {
  /** The longest unused first. */
  readonly #circuits = new Map<string, Circuit>();
  readonly #maker: CircuitMaker;
  /** How many are kept. */
  readonly maxCircuits: number;

  constructor(maker: CircuitMaker, maxCircuits: number) {
    this.#maker = maker;
    this.maxCircuits = maxCircuits;
  }

  get size(): number {
    return this.#circuits.size;
  }

  /** Finds or makes the circuit of `key`. Never throws: what no name can hold is replaced in it. */
  get(key: string): Circuit {
    let circuit = this.#circuits.get(key);
    if (circuit !== undefined) this.#circuits.delete(key);
    else {
      this.#makeRoom();
      circuit = this.#maker.make(key.replace(/\p{Surrogate}/gu, '\ufffd'));
    }
    this.#circuits.set(key, circuit);
    return circuit;
  }

  /** Circuits that are in use go to the end of the line, so that a look-up does not examine the same ones again. */
  #makeRoom(): void {
    let left = Math.min(examined, this.#circuits.size);
    for (const [key, circuit] of this.#circuits) {
      if (this.#circuits.size < this.maxCircuits || left-- === 0) return;
      this.#circuits.delete(key);
      if (circuit.isIdle) this.#maker.forget(circuit);
      else this.#circuits.set(key, circuit);
    }
  }
}
