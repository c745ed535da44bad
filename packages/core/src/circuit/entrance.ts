import type { Machine } from './machine.ts';
import type { CallPermit, Refusal } from './permit.ts';
import { isLimiter, Quota, type RateLimit, type RateLimiter } from './rate-limit.ts';
import { WaitingLine } from './waiting-line.ts';

type Answer = CallPermit | Refusal;

/** What is known of a call before it is admitted. */
export interface Arrival {
  /** The caller's: when it has aborted, a call is not begun, and a failure says nothing of the dependency. */
  readonly signal?: AbortSignal | undefined;
  /** What the call is expected to cost, for the `tokensPerMinute` of a `rateLimit`; what is no number above 0 is none. @default 0 */
  readonly tokens?: number | undefined;
}

/** A limiter that is asked over a network is not waited for longer. */
const limiterTimeoutMs = 1_000;

/** Where calls wait for room, and a quota is kept: the way into a circuit that has `maxQueued` or `rateLimit`. */
export class Entrance {
  readonly #machine: Machine;
  readonly #line = new WaitingLine<Answer>();
  #limit: RateLimit | RateLimiter | undefined;
  #limiter: RateLimiter | undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
    machine.onRoom = () => this.#advance();
  }

  /**
   * @param mostMs the longest wait in line, where that is shorter than `maxWaitMs`; 0 is none
   * @returns `undefined` when the caller has left while it waited: then nothing is counted
   */
  enter(arrival: Arrival = {}, mostMs = 0): Answer | Promise<Answer | undefined> {
    const machine = this.#machine;
    const { maxQueued, maxWaitMs } = machine.settings;
    const tokens = Number.isFinite(arrival.tokens) ? Math.max(0, arrival.tokens!) : 0;
    // of a call that was leaked nobody hears when its lease is over
    if (this.#line.length > 0) this.#advance();
    if (maxQueued === 0 || !(machine.isFull || this.#line.length > 0)) return this.#limited(machine.admit(), tokens);
    if (this.#line.length >= maxQueued) return machine.turnAway('overloaded', undefined);
    return this.#wait(mostMs > 0 ? Math.min(mostMs, maxWaitMs) : maxWaitMs, arrival.signal, tokens);
  }

  #advance(): void {
    const machine = this.#machine;
    this.#line.advance(
      () => !machine.isFull,
      () => machine.admit(),
    );
  }

  async #wait(waitMs: number, signal: AbortSignal | undefined, tokens: number): Promise<Answer | undefined> {
    const machine = this.#machine;
    const answer = await this.#line.join(waitMs, signal, machine.events.context());
    if (answer === 'left') return undefined;
    if (answer === 'too late') return machine.turnAway('overloaded', undefined);
    return this.#limited(answer, tokens);
  }

  #limited(answer: Answer, tokens: number): Answer | Promise<Answer> {
    const limiter = this.#limiterNow();
    if (!answer.admitted || limiter === undefined || this.#machine.mode !== 'enforce') return answer;
    try {
      const waitMs = limiter.take(tokens);
      return typeof waitMs === 'number' ? this.#decided(answer, waitMs) : this.#awaited(answer, waitMs);
    } catch (error) {
      this.#failed(error);
      return answer;
    }
  }

  async #awaited(permit: CallPermit, promised: Promise<number>): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`No answer within ${limiterTimeoutMs} ms`)), limiterTimeoutMs);
      });
      return this.#decided(permit, await Promise.race([promised, late]));
    } catch (error) {
      this.#failed(error);
      return permit;
    } finally {
      clearTimeout(timer);
    }
  }

  #decided(permit: CallPermit, waitMs: number): Answer {
    if (typeof waitMs !== 'number' || Number.isNaN(waitMs)) {
      this.#failed(new TypeError('Expected `take` to return a number of milliseconds'));
      return permit;
    }
    if (waitMs <= 0) return permit;
    permit.release();
    return this.#machine.turnAway('rate_limited', Number.isFinite(waitMs) ? waitMs : undefined);
  }

  #limiterNow(): RateLimiter | undefined {
    const { rateLimit, clock } = this.#machine.settings;
    if (rateLimit !== this.#limit) {
      this.#limit = rateLimit;
      this.#limiter = rateLimit === undefined || isLimiter(rateLimit) ? rateLimit : new Quota(rateLimit, clock);
    }
    return this.#limiter;
  }

  #failed(error: unknown): void {
    const { events, settings } = this.#machine;
    events.emit('option_failed', { at: settings.clock.wall(), option: 'rateLimit', error });
  }
}
