import type { Brownout } from '@brownout/core';
import { BoundedNames } from './bounded-names.ts';

/** The label `name` of the circuits of a set. Those made by key share one for all keys, `family:*`: there may be one for each tenant. */
export class CircuitLabels {
  readonly #set: Brownout;
  readonly #names: BoundedNames;
  /** Labels by what their circuits' names begin with. */
  readonly #families = new Map<string, string>();

  constructor(set: Brownout, mostNames: number) {
    this.#set = set;
    this.#names = new BoundedNames(mostNames);
  }

  of(name: string): string {
    return this.#names.has(name) ? name : this.#find(name);
  }

  #find(name: string): string {
    const circuit = this.#set.circuits.get(name);
    if (circuit === undefined) return this.#formerFamily(name) ?? this.#names.of(name);
    if (circuit.family === undefined) return this.#names.of(name);
    const start = `${circuit.family}:`;
    let label = this.#families.get(start);
    if (label === undefined) {
      label = this.#names.of(`${start}*`);
      this.#families.set(start, label);
    }
    return label;
  }

  /** A circuit that has made room for another may still be told of. */
  #formerFamily(name: string): string | undefined {
    for (const [start, label] of this.#families) if (name.startsWith(start)) return label;
    return undefined;
  }
}
