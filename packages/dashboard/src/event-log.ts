import type { CircuitEvent } from './contract.ts';

/** So many are kept of one circuit, and of all together. */
const mostOfOne = 100;
const mostOfAll = 10_000;

/** What has happened lately, in order. */
export class EventLog {
  /** By id, the oldest first. */
  readonly #all = new Map<number, CircuitEvent>();
  readonly #ofCircuit = new Map<string, CircuitEvent[]>();
  #lastId: number;

  /** `after`: its ids begin there. By the time of day, so that those of a process are above those of the one before. */
  constructor(after: number) {
    this.#lastId = Math.round(after);
  }

  get lastId(): number {
    return this.#lastId;
  }

  add(event: Omit<CircuitEvent, 'id'>): CircuitEvent {
    const added = { id: ++this.#lastId, ...event };
    const own = this.#ofCircuit.get(event.circuit) ?? [];
    this.#ofCircuit.set(event.circuit, own);
    own.push(added);
    this.#all.set(added.id, added);
    if (own.length > mostOfOne) this.#all.delete(own.shift()!.id);
    if (this.#all.size > mostOfAll) this.#dropOldest();
    return added;
  }

  /** Those of a circuit, the newest first. */
  of(circuit: string): CircuitEvent[] {
    return [...(this.#ofCircuit.get(circuit) ?? [])].reverse();
  }

  /** The newest of a circuit that is of this kind. */
  lastOf(circuit: string, kind: string): CircuitEvent | undefined {
    return this.#ofCircuit.get(circuit)?.findLast((event) => event.kind === kind);
  }

  /** Those after an id, the oldest first. */
  since(id: number): CircuitEvent[] {
    return id < this.#lastId ? [...this.#all.values()].filter((event) => event.id > id) : [];
  }

  /** Forgets a circuit that has gone. */
  forget(circuit: string): void {
    for (const { id } of this.#ofCircuit.get(circuit) ?? []) this.#all.delete(id);
    this.#ofCircuit.delete(circuit);
  }

  #dropOldest(): void {
    const [{ id, circuit }] = this.#all.values() as unknown as [CircuitEvent];
    this.#all.delete(id);
    const own = this.#ofCircuit.get(circuit)!;
    own.shift();
    if (own.length === 0) this.#ofCircuit.delete(circuit);
  }
}
