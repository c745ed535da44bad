import type { RefusalReason, Verdict } from '../events.ts';

/** The right to make one call. It is settled once, by `success`, `failure` or `ignore`; again is a no-op. */
export interface Permit {
  readonly admitted: true;
  /** Whether a duration is wanted of this call; if not, none need be measured, and `NaN` will do. */
  readonly isTimed: boolean;
  /** The dependency answered. `durationMs` in milliseconds. */
  success(durationMs: number): void;
  /** It failed. `retryAfterMs`: how long the upstream asks to wait, which may lengthen the open time. */
  failure(durationMs: number, options?: { readonly retryAfterMs?: number | undefined }): void;
  /** The outcome says nothing of the dependency. With a duration it may count as slow: for a client that left after waiting. */
  ignore(durationMs?: number): void;
  /** Gives the permit back as though the call had never been admitted: nothing is counted. For one that turns out to be another's. */
  release(): void;
  /** The answer has begun and is healthy: a probe like this is a success at the end of its lease, and not a failure. */
  flowing(): void;
}

/** A call that must not be made. */
export interface Refusal {
  readonly admitted: false;
  readonly reason: RefusalReason;
  /** Milliseconds until the circuit probes; `undefined` when that is not known. */
  readonly retryAfterMs: number | undefined;
}

/** Where permits are settled. */
export interface Settler {
  /** `isWait`: an ignored call's duration counts as slow all the same. */
  settle(permit: CallPermit, verdict: Verdict, durationMs: number, isWait: boolean, retryAfterMs: number): void;
  release(permit: CallPermit): void;
  flow(permit: CallPermit): void;
}

export class CallPermit implements Permit {
  readonly admitted = true;
  /** The state that gave it: one object for each stay in a state. */
  readonly generation: object;
  /** When it was given; `NaN` where nothing needs to know. */
  readonly at: number;
  /** Its duration is wanted for the percentiles. */
  readonly sampled: boolean;
  readonly isTimed: boolean;
  pending = true;
  flows = false;
  /** When it last did; for one whose end is certain to come that does not matter. */
  flowedAt = Number.POSITIVE_INFINITY;
  /** Counted as late. */
  late = false;
  readonly #settler: Settler;

  constructor(settler: Settler, generation: object, at: number, sampled: boolean, isTimed: boolean) {
    this.#settler = settler;
    this.generation = generation;
    this.at = at;
    this.sampled = sampled;
    this.isTimed = isTimed;
  }

  success(durationMs: number): void {
    this.#settler.settle(this, 'success', durationMs, false, 0);
  }

  failure(durationMs: number, options?: { readonly retryAfterMs?: number | undefined }): void {
    this.#settler.settle(this, 'failure', durationMs, false, options?.retryAfterMs ?? 0);
  }

  ignore(durationMs?: number): void {
    this.#settler.settle(this, 'ignore', durationMs ?? Number.NaN, true, 0);
  }

  release(): void {
    this.#settler.release(this);
  }

  flowing(): void {
    this.#settler.flow(this);
  }
}
