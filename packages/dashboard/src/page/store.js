/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {{ names: Iterable<string>, moved: CircuitSummary[] }} Changes `moved` are those with another state, mode or status. */

/** What the server has said last of every circuit, and its clock. */
export class Store {
  /** @type {Map<string, CircuitSummary>} */
  #circuits = new Map();
  #aheadMs;

  /** @param {number} at the server's time, now */
  constructor(at) {
    this.#aheadMs = at - Date.now();
  }

  /** The time, by the server's clock: what it says of times is told by that. */
  now() {
    return Date.now() + this.#aheadMs;
  }

  get size() {
    return this.#circuits.size;
  }

  /** @param {string} name */
  get(name) {
    return this.#circuits.get(name);
  }

  all() {
    return this.#circuits.values();
  }

  /** Takes in all there is. @param {{ at: number, circuits: CircuitSummary[] }} snapshot @returns {Changes} */
  replace({ at, circuits }) {
    const names = new Set(circuits.map(({ name }) => name));
    return this.change({ at, circuits, gone: [...this.#circuits.keys()].filter((name) => !names.has(name)) });
  }

  /** @param {{ at: number, circuits: CircuitSummary[], gone: string[] }} change @returns {Changes} */
  change({ at, circuits, gone }) {
    this.#aheadMs = at - Date.now();
    const moved = [];
    for (const circuit of circuits) {
      const before = this.#circuits.get(circuit.name);
      if (before !== undefined && isElsewhere(before, circuit)) moved.push(circuit);
      this.#circuits.set(circuit.name, circuit);
    }
    for (const name of gone) this.#circuits.delete(name);
    return { names: [...circuits.map(({ name }) => name), ...gone], moved };
  }
}

/** @param {CircuitSummary} a @param {CircuitSummary} b */
const isElsewhere = (a, b) => a.state !== b.state || a.mode !== b.mode || a.status !== b.status;
