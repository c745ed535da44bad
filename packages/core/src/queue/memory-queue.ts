import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { isOver, type Job } from './job.ts';

export interface QueueLimits {
  /** Jobs that are kept, those that are over included. */
  readonly maxJobs: number;
  /** Jobs of one scope that are not over. */
  readonly maxPerScope: number;
  /** How long a job may wait, and how long its end is kept, in milliseconds. */
  readonly maxAgeMs: number;
}

/** What a new job is made of. */
export interface NewJob {
  readonly scope: string;
  readonly data: string;
  /** Of the client's: the same gives the same job. */
  readonly idempotencyKey: string | undefined;
}

/**
 * Jobs in the memory of this process, oldest first. A restart loses them. What is over goes when it is old, or sooner where the room is
 * needed; what waits never goes for another.
 */
export class MemoryQueue {
  readonly #limits: QueueLimits;
  readonly #clock: Clock;
  /** In the order in which they were made, and so in which they expire. */
  readonly #jobs = new Map<string, Job>();
  readonly #byKey = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  readonly #open = new Map<string, number>();
  readonly #waiting = new Set<Job>();
  /** Those that were put back, first. */
  readonly #again: Job[] = [];

  constructor(limits: QueueLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** @returns `undefined` when there is no room */
  add({ scope, data, idempotencyKey }: NewJob): Job | undefined {
    this.#sweep();
    const key = idempotencyKey === undefined ? undefined : JSON.stringify([scope, idempotencyKey]);
    const known = key === undefined ? undefined : this.#jobs.get(this.#byKey.get(key) ?? '');
    // the same key for something else is another's, or a mistake: its job would answer another question
    if (known?.data === data) return known;
    const { maxJobs, maxPerScope, maxAgeMs } = this.#limits;
    const open = this.#open.get(scope) ?? 0;
    if (open >= maxPerScope || (this.#jobs.size >= maxJobs && !this.#forgetOne())) return undefined;
    const createdAt = this.#clock.wall();
    const job: Job = {
      id: randomUUID(),
      scope,
      data,
      createdAt,
      expiresAt: createdAt + maxAgeMs,
      lapsesAt: this.#clock.now() + maxAgeMs,
      status: 'queued',
      failures: 0,
    };
    this.#jobs.set(job.id, job);
    this.#open.set(scope, open + 1);
    this.#waiting.add(job);
    if (key !== undefined) {
      this.#byKey.set(key, job.id);
      this.#keys.set(job.id, key);
    }
    return job;
  }

  find(id: string): Job | undefined {
    this.#sweep();
    return this.#jobs.get(id);
  }

  /** The one that has waited longest. It runs from now on. */
  next(): Job | undefined {
    this.#sweep();
    const [job] = this.#again.length > 0 ? this.#again : this.#waiting;
    if (job === undefined) return undefined;
    this.#unqueue(job);
    job.status = 'running';
    return job;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size + this.#again.length;
  }

  /** It could not run now: it is the next again. */
  putBack(job: Job): void {
    if (job.status !== 'running') return;
    job.status = 'queued';
    this.#again.unshift(job);
  }

  /** It is over; again is a no-op. */
  end(job: Job, status: 'done' | 'failed' | 'expired' | 'cancelled', result?: string): void {
    if (isOver(job)) return;
    if (job.status === 'queued') this.#unqueue(job);
    job.status = status;
    job.finishedAt = status === 'expired' ? job.expiresAt : this.#clock.wall();
    if (result !== undefined) job.result = result;
    const open = this.#open.get(job.scope)! - 1;
    if (open > 0) this.#open.set(job.scope, open);
    else this.#open.delete(job.scope);
  }

  /** Nothing is kept that anybody could ask for. */
  isEmpty(): boolean {
    this.#sweep();
    return this.#jobs.size === 0;
  }

  #unqueue(job: Job): void {
    if (this.#waiting.delete(job)) return;
    const at = this.#again.indexOf(job);
    if (at >= 0) this.#again.splice(at, 1);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const job of this.#jobs.values()) {
      if (now < job.lapsesAt) return;
      if (job.status === 'queued') this.end(job, 'expired');
      if (isOver(job) && now >= job.lapsesAt + this.#limits.maxAgeMs) this.#forget(job);
    }
  }

  /** Makes room by the oldest that is over. */
  #forgetOne(): boolean {
    for (const job of this.#jobs.values()) {
      if (!isOver(job)) continue;
      this.#forget(job);
      return true;
    }
    return false;
  }

  #forget({ id }: Job): void {
    this.#jobs.delete(id);
    const key = this.#keys.get(id);
    if (key !== undefined && this.#byKey.get(key) === id) this.#byKey.delete(key);
    this.#keys.delete(id);
  }
}
