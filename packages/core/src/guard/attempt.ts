import type { Call } from '../circuit/call.ts';
import type { Circuit } from '../circuit/circuit.ts';
import { statusOf } from '../classify.ts';
import { DeadlineError } from '../errors.ts';
import type { Ending, Exchange } from '../exchange.ts';
import type { Failover, Provided } from '../failover.ts';
import type { FallbackReason } from '../metadata.ts';
import type { CapturedAnswer, TierSite } from '../tiers/tier.ts';
import { Course, connectionEnded } from './course.ts';
import { cut, cutBy, degrade, degradeAtWill, isAnswered } from './degrading.ts';
import { enter } from './entering.ts';
import type { GuardedAttempt } from './guarded-attempt.ts';
import { InnerCalls } from './inner-calls.ts';
import { ignored, type Judgement, judgeError, judgeStatus } from './judgement.ts';
import { expire, giveUp } from './lateness.ts';
import type { Policy } from './policy.ts';
import type { StreamLimit } from './stream-watch.ts';

/** One request on a guarded route: admit → run → settle → degrade. Decides what each thing means that happens to it. */
export class Attempt<Native> implements GuardedAttempt {
  readonly #course: Course<Native>;
  #judgement: Judgement | undefined;
  #innerCalls: InnerCalls<Native> | undefined;
  /** The handler has not said that its answer is not to be stored. */
  #isKept = true;
  /** The last error that the application has been shown. */
  #reported: unknown = nothing;

  /** `aside`: the request is left alone. */
  constructor(policy: Policy<Native>, exchange: Exchange<Native>, site: TierSite, aside: boolean) {
    this.#course = new Course(policy, exchange, site, aside ? 'aside' : 'running');
  }

  get signal(): AbortSignal {
    return this.#course.signal;
  }

  get circuit(): Circuit | undefined {
    return this.#course.admission.circuit;
  }

  get capturing(): boolean {
    return this.#course.watch?.capturing === true;
  }

  get mends(): boolean {
    const { governs, phase, policy, exchange } = this.#course;
    if (!governs) return false;
    if (phase === 'running') return policy.fallbacks.answer('failure');
    return phase === 'flowing' && policy.fallbacks.hasLastWords(exchange);
  }

  get watchesFlow(): boolean {
    return this.#course.policy.idleMs > 0 && this.#course.isWatched;
  }

  start(): void {
    const course = this.#course;
    const { outer } = course.exchange;
    if (course.phase === 'running') course.admission.guess();
    if (course.phase === 'aside' || this.circuit?.mode === 'disabled') {
      course.phase = 'aside';
      course.exchange.pass();
      return;
    }
    const withoutSecret = course.policy.drill?.askedBy(course.request);
    if (withoutSecret !== undefined) {
      course.request = withoutSecret;
      course.asksForDrill = true;
      this.#isKept = false; // what it calls may hold a drill, too
    }
    course.watch = course.policy.fallbacks.watch(course.request);
    if (outer instanceof Attempt && course.governs) course.admission.inherit(outer.#course.yieldTo(course));
    enter(course, this);
  }

  accepts(status: number): boolean {
    const course = this.#course;
    if (course.phase !== 'running') return course.phase !== 'degrading';
    const judgement = this.#judge(status);
    if (isAnswered(course, judgement)) {
      degrade(course, judgement);
      return false;
    }
    this.#judgement = judgement;
    return true;
  }

  captures(status: number, headers: Readonly<Record<string, string | string[]>>): number {
    return this.#judgement?.verdict === 'success' ? this.#course.watch!.captures(status, headers) : 0;
  }

  began(status: number, isWhole = false): void {
    const course = this.#course;
    if (course.phase !== 'running') return;
    this.#judgement ??= this.#judge(status);
    course.began();
    if (this.#judgement.verdict === 'failure') course.settle('failure');
    else course.admission.flowing();
    const { idleMs, totalMs } = course.policy;
    if (!isWhole && (idleMs > 0 || totalMs > 0) && course.isWatched) course.watchFlow((limit) => this.#overran(limit));
  }

  flowed(): void {
    this.#course.flowed();
  }

  ended(ending: Ending, status: number, captured?: CapturedAnswer): void {
    const course = this.#course;
    if (course.phase === 'over') return;
    if (ending === 'deserted') {
      course.deserted();
      return;
    }
    if (ending === 'broken') {
      if (course.phase === 'running') course.admission.reach();
      course.settle(this.#innerCalls?.brokenBy === undefined ? 'failure' : 'ignore');
      if (!course.admission.isSilent) course.abort(connectionEnded);
      course.failOthers('failure');
    } else {
      course.settle(this.#judgement!.verdict);
      if (status < 400 && !course.exchange.degraded)
        course.watch?.succeeded(status, this.#isStorable ? captured : undefined);
    }
    course.finish();
  }

  threw(error: unknown): boolean {
    const course = this.#course;
    const { phase, exchange } = course;
    if (phase === 'aside') return false;
    if (error === this.#reported) return true; // the application has been shown it
    if (phase === 'degrading' || phase === 'over') {
      const isReplaced = phase === 'degrading' || exchange.degraded;
      if (isReplaced) this.#report(error);
      return isReplaced;
    }
    if (phase === 'flowing') {
      this.#reported = error;
      cutBy(course, error);
      return false;
    }
    const judgement = judgeError(error, course.admission.reach(statusOf(error)));
    if (isAnswered(course, judgement)) {
      exchange.hold();
      this.#report(error);
      degrade(course, judgement, error);
      return true;
    }
    course.settle(judgement.verdict, judgement.retryAfterMs);
    this.#handBack();
    return false;
  }

  broke(given: unknown): boolean {
    const course = this.#course;
    const error = given ?? this.#innerCalls?.brokenBy ?? new Error('The response was destroyed before it was whole');
    if (course.phase !== 'flowing') return this.threw(error);
    const { governs } = course;
    cutBy(course, error);
    if (governs) this.#report(error);
    return governs;
  }

  passed(): void {
    if (this.#course.phase !== 'running') return;
    this.#course.admission.release();
    this.#handBack();
  }

  given(): void {
    if (this.#course.phase === 'running') this.#course.disarm();
  }

  taken(): void {
    if (this.#course.phase === 'running') this.#course.arm(this);
  }

  replaced(): void {
    if (this.#course.phase !== 'running') return;
    this.#course.settle('ignore');
    this.#handBack();
  }

  run<T>(circuit: Circuit, fn: (call: Call) => T | PromiseLike<T>): Promise<T>;
  run<Input, T>(providers: Failover<Input, T>, input: Input): Promise<Provided<T>>;
  run(through: Circuit | Failover<unknown, unknown>, given: unknown): Promise<unknown> {
    this.#innerCalls ??= new InnerCalls(this.#course);
    return this.#innerCalls.run(through, given);
  }

  provideContext(passages: unknown, about?: { readonly question?: string }): void {
    this.#course.provided = { passages, question: about?.question };
  }

  standAside(): void {
    this.passed();
  }

  doNotStore(): void {
    this.#isKept = false;
  }

  degrade(reason: FallbackReason): void {
    degradeAtWill(this.#course, reason);
  }

  expired(): void {
    expire(this.#course);
  }

  stalled(): void {
    giveUp(this.#course);
  }

  #judge(status: number): Judgement {
    const { admission, exchange } = this.#course;
    const circuit = admission.reach(status);
    if (exchange.degraded || circuit === undefined) return ignored;
    return this.#innerCalls?.failureShownAs(status) ?? judgeStatus(status, exchange, circuit);
  }

  get #isStorable(): boolean {
    return this.#isKept && this.#innerCalls?.brokenBy === undefined;
  }

  /** What happens from now on is the host's business. */
  #handBack(): void {
    this.#course.finish();
    this.#course.exchange.release();
  }

  /** What flows is silent, or goes on for too long. */
  #overran(limit: StreamLimit): void {
    const course = this.#course;
    const { governs, isHeard } = course;
    const error = new DeadlineError(course.admission.name, course.policy[limit], `stream.${limit}`);
    this.#reported = error; // a handler that hears of it may throw it at once
    cut(course, 'timeout', 'failure', error);
    if (governs) course.exchange.explain(error, isHeard);
  }

  /** An error that comes by two ways is shown to the application once. */
  #report(error: unknown): void {
    this.#reported = error;
    this.#course.exchange.report(error);
  }
}

const nothing = Symbol('nothing');
