import type { Call } from '../circuit/call.ts';
import { flowOf } from '../circuit/call-flow.ts';
import type { Circuit } from '../circuit/circuit.ts';
import { statusOf } from '../classify.ts';
import { Failover, type FailoverRunOptions, type Provided } from '../failover.ts';
import type { Course } from './course.ts';
import { isCutShort, type Judgement, judgeError } from './judgement.ts';

/** The calls that a handler makes through further circuits, and what last failed of them. */
export class InnerCalls<Native> {
  readonly #course: Course<Native>;
  #failure: Judgement | undefined;
  /** The status of that error, under which a host may show it. */
  #status: number | undefined;
  /** What a stream that such a call gave has broken with. */
  #brokenBy: unknown;

  constructor(course: Course<Native>) {
    this.#course = course;
  }

  async run(through: Circuit | Failover<unknown, unknown>, given: unknown): Promise<unknown> {
    const { signal, admission } = this.#course;
    const isFailover = through instanceof Failover;
    if (!isFailover && admission.holds(through)) return (given as (call: Call) => unknown)({ signal }); // it has our permit already
    const [failure, brokenBy] = [this.#failure, this.#brokenBy];
    try {
      const value = isFailover
        ? await through.run(given, { signal, ...this.#time })
        : await through.run(given as (call: Call) => unknown, { signal });
      // it makes up for what had failed when it began, and not for what fails beside it
      if (this.#failure === failure) this.#failure = undefined;
      if (this.#brokenBy === brokenBy) this.#brokenBy = undefined;
      flowOf(isFailover ? (value as Provided<unknown>).value : value)?.watch({
        ended: (ending, error) => {
          if (ending !== 'broken') return;
          this.#brokenBy = error;
          this.#failed(error, through);
        },
      });
      return value;
    } catch (error) {
      this.#failed(error, through);
      throw error;
    }
  }

  /** What a stream that came of the last of them has broken with, as the circuit that gave it has counted: then the answer is not whole either. */
  get brokenBy(): unknown {
    return this.#brokenBy;
  }

  /** What has failed, if a host may have made this status of it. */
  failureShownAs(status: number): Judgement | undefined {
    return status >= 500 || status === this.#status ? this.#failure : undefined;
  }

  #failed(error: unknown, through: Circuit | Failover<unknown, unknown>): void {
    const judgement = judgeError(error, through instanceof Failover ? undefined : through);
    if (judgement.reason === undefined) return;
    // that circuit has counted it, unless the route itself had left it no time
    this.#failure = { ...judgement, verdict: isCutShort(error) ? 'failure' : 'ignore' };
    this.#status = statusOf(error);
  }

  /** What providers need of the time to the first byte comes before it. */
  get #time(): Pick<FailoverRunOptions, 'timeoutMs' | 'wholeMs'> {
    const { leftMs, policy } = this.#course;
    return leftMs === undefined ? {} : { timeoutMs: Math.max(1, 0.9 * leftMs), wholeMs: 0.9 * policy.timeoutMs };
  }
}
