import type { CircuitHandle } from '../circuit/circuit-handle.ts';
import { Drain, type DrainOptions } from './drain.ts';
import { isOver, type Job } from './job.ts';
import { MemoryQueue, type NewJob, type QueueLimits } from './memory-queue.ts';

interface Counter {
  readonly circuit: CircuitHandle;
  readonly queue: MemoryQueue;
  readonly drain: Drain;
}

/** Takes jobs in, has them done, and knows where they stand: a queue for each circuit. */
export class JobDesk {
  readonly #limits: QueueLimits;
  readonly #options: DrainOptions;
  readonly #counters = new Map<CircuitHandle, Counter>();

  constructor(limits: QueueLimits, options: DrainOptions) {
    this.#limits = limits;
    this.#options = options;
  }

  /** @returns `undefined` when there is no room */
  add(job: NewJob, circuit: CircuitHandle): Job | undefined {
    const { queue, drain } = this.#counter(circuit);
    const added = queue.add(job);
    drain.wake();
    return added;
  }

  /** The job of that id, if it is of that scope. */
  find(id: string, scope: string): Job | undefined {
    return this.#find(id, scope)?.job;
  }

  /** `false`: there is none. One that runs is stopped; one that is over stays as it is. */
  cancel(id: string, scope: string): boolean {
    const found = this.#find(id, scope);
    if (found === undefined) return false;
    const { job, counter } = found;
    if (isOver(job)) return true;
    counter.queue.end(job, 'cancelled');
    job.stop?.abort(new DOMException('The job was cancelled', 'AbortError'));
    return true;
  }

  /** Where faults are told: as long as there was no job, nowhere. */
  get circuit(): CircuitHandle | undefined {
    return this.#counters.keys().next().value;
  }

  #find(id: string, scope: string): { readonly job: Job; readonly counter: Counter } | undefined {
    for (const counter of this.#counters.values()) {
      const job = counter.queue.find(id);
      if (job?.scope === scope) return { job, counter };
    }
    return undefined;
  }

  /** Circuits come and go, as those of routes do that are learned. */
  #closeEmpty(): void {
    for (const { circuit, queue, drain } of this.#counters.values()) {
      if (!queue.isEmpty()) continue;
      drain.close();
      this.#counters.delete(circuit);
    }
  }

  #counter(circuit: CircuitHandle): Counter {
    let counter = this.#counters.get(circuit);
    if (counter === undefined) {
      this.#closeEmpty();
      const queue = new MemoryQueue(this.#limits, circuit.clock);
      counter = { circuit, queue, drain: new Drain(circuit, queue, this.#options) };
      this.#counters.set(circuit, counter);
    }
    return counter;
  }
}
