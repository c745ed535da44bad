import type { Circuit } from './circuit.ts';

/** A read-only view of a set's circuits by name, in the order in which they were made. It shows later ones, too. */
export class CircuitsView implements Iterable<[string, Circuit]> {
  readonly #circuits: ReadonlyMap<string, Circuit>;

  constructor(circuits: ReadonlyMap<string, Circuit>) {
    this.#circuits = circuits;
  }

  get size(): number {
    return this.#circuits.size;
  }

  get(name: string): Circuit | undefined {
    return this.#circuits.get(name);
  }

  has(name: string): boolean {
    return this.#circuits.has(name);
  }

  keys(): IterableIterator<string> {
    return this.#circuits.keys();
  }

  values(): IterableIterator<Circuit> {
    return this.#circuits.values();
  }

  entries(): IterableIterator<[string, Circuit]> {
    return this.#circuits.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, Circuit]> {
    return this.#circuits.entries();
  }
}
