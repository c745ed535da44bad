import type { Call } from '../circuit/call.ts';
import type { Circuit } from '../circuit/circuit.ts';
import { statusOf } from '../classify.ts';
import { Failover } from '../failover.ts';
import type { Course } from './course.ts';
import { type Judgement, judgeError } from './judgement.ts';

/** The calls that a handler makes through further circuits, and what last failed of them. */
export class InnerCalls<Native> {
  readonly #course: Course<Native>;
  #failure: Judgement | undefined;
  /** The status of that error, under which a host may show it. */
  #status: number | undefined;

  constructor(course: Course<Native>) {
    this.#course = course;
  }

  async run(through: Circuit | Failover<unknown, unknown>, given: unknown): Promise<unknown> {
    const { signal, admission } = this.#course;
    const isFailover = through instanceof Failover;
    if (!isFailover && admission.holds(through)) return (given as (call: Call) => unknown)({ signal }); // it has our permit already
    try {
      const value = isFailover
        ? await through.run(given, { signal, timeoutMs: this.#timeoutMs })
        : await through.run(given as (call: Call) => unknown, { signal });
      this.#failure = undefined;
      return value;
    } catch (error) {
      const judgement = judgeError(error, isFailover ? undefined : through);
      if (judgement.reason !== undefined) {
        this.#failure = { ...judgement, verdict: 'ignore' }; // that circuit has counted it
        this.#status = statusOf(error);
      }
      throw error;
    }
  }

  /** What has failed, if a host may have made this status of it. */
  failureShownAs(status: number): Judgement | undefined {
    return status >= 500 || status === this.#status ? this.#failure : undefined;
  }

  /** What providers need of the time to the first byte comes before it. */
  get #timeoutMs(): number | undefined {
    const { leftMs } = this.#course;
    return leftMs === undefined ? undefined : Math.max(1, 0.9 * leftMs);
  }
}
