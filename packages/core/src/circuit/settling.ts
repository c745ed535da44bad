import { type Outcome, type ReasonedVerdict, reasonIn, verdictIn } from '../classify.ts';
import type { RefusedError } from '../errors.ts';
import type { Verdict } from '../events.ts';
import { mark, ownerOf } from './attribution.ts';
import { flowOf } from './call-flow.ts';
import { settleAtEnd } from './flowing-call.ts';
import type { Machine } from './machine.ts';
import type { CallPermit, Refusal } from './permit.ts';
import { refusalError } from './refusal-error.ts';
import { retryAfterOf } from './retry-after.ts';
import type { WatchedRunOptions } from './run-options.ts';

/** Says what an outcome is worth, and never throws. */
export interface Judge {
  judge(outcome: Outcome): Verdict | ReasonedVerdict;
}

/** Settles the calls of a circuit by what has become of them, and marks their errors as counted. */
export class Settling {
  readonly #machine: Machine;
  readonly #judge: Judge;

  constructor(machine: Machine, judge: Judge) {
    this.#machine = machine;
    this.#judge = judge;
  }

  /** The call has given its value: it is over, but for one that flows, which is settled at its end. */
  gave(permit: CallPermit, value: unknown, tookMs: number, options: WatchedRunOptions | undefined): void {
    const flow = flowOf(value);
    if (flow === undefined) permit.success(tookMs);
    else
      settleAtEnd(flow, value as object, permit, tookMs, this.#machine.settings.clock, (error) =>
        this.failed(permit, error, tookMs, options),
      );
  }

  /** It has thrown, or has not come in time: counts what that says of the dependency. Nothing, once the caller's `signal` has aborted. */
  failed(permit: CallPermit, error: unknown, durationMs: number, options: WatchedRunOptions | undefined): void {
    const machine = this.#machine;
    if (options?.signal?.aborted) {
      permit.ignore(durationMs);
      return;
    }
    const said = this.#judge.judge({ error });
    const verdict = verdictIn(said);
    options?.onJudged?.(verdict);
    const isOwned = ownerOf(error, machine) !== undefined;
    if (verdict === 'failure')
      permit.failure(durationMs, { retryAfterMs: retryAfterOf(error, machine.settings.clock) });
    else if (verdict === 'success') permit.success(durationMs);
    else machine.settle(permit, 'ignore', durationMs, false, 0);
    if (!isOwned || verdict === 'failure')
      mark(error, { circuit: machine.name, verdict, reason: reasonIn(said) }, machine);
  }

  /** The caller had no time to wait for it. */
  gaveUp(permit: CallPermit, error: unknown, startedAt: number): void {
    permit.ignore(this.since(startedAt));
    mark(error, { circuit: this.#machine.name, verdict: 'ignore', reason: 'timeout' }, this.#machine);
  }

  /** What its caller gets for a refusal. */
  refusal(refusal: Refusal): RefusedError {
    const { name } = this.#machine;
    const { reason, retryAfterMs } = refusal;
    const error = refusalError(name, refusal);
    mark(error, { circuit: name, verdict: 'refused', reason, retryAfterMs }, this.#machine);
    return error;
  }

  /** `NaN` where nobody wants to know. */
  startOf(permit: CallPermit): number {
    return permit.isTimed && Number.isNaN(permit.at) ? this.#machine.settings.clock.now() : permit.at;
  }

  since(startedAt: number): number {
    return Number.isNaN(startedAt) ? Number.NaN : this.#machine.settings.clock.now() - startedAt;
  }
}
