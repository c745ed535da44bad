import type { Call } from '../circuit/call.ts';
import type { Circuit } from '../circuit/circuit.ts';
import type { Refusal } from '../circuit/permit.ts';
import { refusalError } from '../circuit/refusal-error.ts';
import { statusOf } from '../classify.ts';
import { DeadlineError } from '../errors.ts';
import type { RefusalReason } from '../events.ts';
import type { Ending, Exchange } from '../exchange.ts';
import { Failover, type Provided } from '../failover.ts';
import { type FallbackLevel, type FallbackReason, fallbackReasons } from '../metadata.ts';
import type { Reply } from '../reply.ts';
import type { LadderAnswer } from '../tiers/ladder.ts';
import type { CapturedAnswer, Joined, ProvidedContext, SharedFailure, TierSite } from '../tiers/tier.ts';
import { Admission } from './admission.ts';
import type { CircuitSource } from './circuit-source.ts';
import type { Deadline, Deadlines } from './deadlines.ts';
import type { Facts, Fallbacks } from './fallbacks.ts';
import type { GuardedAttempt } from './guarded-attempt.ts';
import { ignored, type Judgement, judgeError, judgeStatus } from './judgement.ts';
import { StreamWatch } from './stream-watch.ts';
import type { Watch } from './watch.ts';

/**
 * aside: unguarded · waiting: in line, for the circuit to admit it · running: nothing is out · flowing: the handler's answer is · degrading: a
 * tier is asked · over: all is decided.
 */
type Phase = 'aside' | 'waiting' | 'running' | 'flowing' | 'degrading' | 'over';

/** How one route is guarded. */
export interface Policy<Native> {
  readonly timeoutMs: number;
  /** Those of `timeoutMs`; `undefined` without one. */
  readonly deadlines: Deadlines | undefined;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly fallbacks: Fallbacks<Native>;
  readonly circuits: CircuitSource<Native>;
}

type Degrading = Judgement & { readonly reason: FallbackReason };

/** One request on a guarded route: admit → run → settle → degrade. */
export class Attempt<Native> implements GuardedAttempt {
  readonly #policy: Policy<Native>;
  readonly #exchange: Exchange<Native>;
  readonly #site: TierSite;
  readonly #admission: Admission<Native>;
  /** `NaN` while nobody wants to know a duration. */
  #startedAt = Number.NaN;
  #phase: Phase;
  /** A breaker further in governs: no deadline, no capture, no tier of ours. */
  #yielded = false;
  #watch: Watch | undefined;
  #judgement: Judgement | undefined;
  /** What last failed in an inner circuit. */
  #inner: Judgement | undefined;
  /** The status of that error, under which a host may show it. */
  #innerStatus: number | undefined;
  #provided: ProvidedContext | undefined;
  /** The handler has not said that its answer is not to be stored. */
  #isKept = true;
  /** The last error that the application has been shown. */
  #reported: unknown = nothing;
  /** Milliseconds to the first byte. */
  #tookMs: number | undefined;
  #deadline: Deadline | undefined;
  #stream: StreamWatch | undefined;
  #controller: AbortController | undefined;
  #client: AbortController | undefined;

  /** `aside`: the request is left alone. */
  constructor(policy: Policy<Native>, exchange: Exchange<Native>, site: TierSite, aside: boolean) {
    this.#policy = policy;
    this.#exchange = exchange;
    this.#site = site;
    this.#admission = new Admission(policy.circuits, exchange);
    this.#phase = aside ? 'aside' : 'running';
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#phase === 'degrading' || this.#phase === 'over') this.#controller.abort(answeredAlready());
    }
    return this.#controller.signal;
  }

  get circuit(): Circuit | undefined {
    return this.#admission.circuit;
  }

  get capturing(): boolean {
    return this.#watch?.capturing === true;
  }

  get mends(): boolean {
    if (!this.#governs) return false;
    const { fallbacks } = this.#policy;
    if (this.#phase === 'running') return fallbacks.answer('failure');
    return this.#phase === 'flowing' && fallbacks.hasLastWords(this.#exchange);
  }

  get watchesFlow(): boolean {
    return this.#policy.idleMs > 0 && this.#governs;
  }

  /** What providers have of the time to the first byte: what they need comes before it. */
  get #leftMs(): number | undefined {
    const { timeoutMs } = this.#policy;
    return timeoutMs > 0 ? Math.max(1, 0.9 * (timeoutMs - (this.#elapsedMs() || 0))) : undefined;
  }

  /** Whether this attempt may change what the client gets. */
  get #governs(): boolean {
    return !this.#yielded && !this.#admission.isSilent;
  }

  start(): void {
    const { outer, request } = this.#exchange;
    if (this.#phase === 'running') this.#admission.guess();
    if (this.#phase === 'aside' || this.circuit?.mode === 'disabled') {
      this.#phase = 'aside';
      this.#exchange.pass();
      return;
    }
    this.#watch = this.#policy.fallbacks.watch(request);
    if (outer instanceof Attempt && this.#governs) this.#admission.inherit(outer.#yieldTo(this));
    const fresh = this.#governs ? this.#watch?.fresh() : undefined;
    if (fresh instanceof Promise) fresh.then((reply) => this.#join(reply)).catch((error) => this.#fail(error));
    else this.#join(fresh);
  }

  /** Waits for another request that asks the same, if there is one. */
  #join(fresh: Reply | undefined): void {
    const mayWait = fresh === undefined && this.#governs && !this.#exchange.closed;
    const joined = mayWait ? this.#watch?.join(this.#policy.timeoutMs) : undefined;
    if (joined === undefined) this.#admit(fresh);
    else joined.then((end) => this.#joined(end)).catch((error) => this.#fail(error));
  }

  #joined(end: Joined | undefined): void {
    if (end !== undefined && 'failure' in end && !this.#exchange.closed) this.#refused(end.failure);
    else this.#admit(end !== undefined && 'reply' in end ? end.reply : undefined);
  }

  /** Answers without the handler, or hands the refusal to the host. */
  #refused({ reason, retryAfterMs }: SharedFailure): void {
    const { fallbacks } = this.#policy;
    if (fallbacks.answer(reason)) {
      this.#degrade({ verdict: 'ignore', reason, retryAfterMs });
      return;
    }
    // who waits for another has the same tiers: of a failure that none answers for, nobody is told
    this.#fail(refusalError(this.#admission.name, { admitted: false, reason: reason as RefusalReason, retryAfterMs }));
  }

  #admit(fresh: Reply | undefined): void {
    if (fresh !== undefined || this.#exchange.closed) {
      this.#admission.release();
      this.#finish();
      if (fresh === undefined) this.#exchange.abandon();
      else this.#exchange.serve(fresh);
      return;
    }
    const refusal = this.circuit?.limitsEntry
      ? this.#admission.enter(() => this.#clientLeft())
      : this.#admission.admit();
    if (!(refusal instanceof Promise)) {
      this.#entered(refusal);
      return;
    }
    this.#phase = 'waiting';
    refusal.then((late) => late !== 'left' && this.#waited(late)).catch((error) => this.#fail(error));
  }

  #waited(refusal: Refusal | undefined): void {
    if (this.#phase !== 'waiting') {
      this.#admission.release(); // the client has left in the meantime
      return;
    }
    this.#phase = 'running';
    this.#entered(refusal);
  }

  #entered(refusal: Refusal | undefined): void {
    const { events, clock } = this.#site;
    if (this.#admission.isTimed || events.wanted('degraded')) this.#startedAt = clock.now();
    if (refusal !== undefined) {
      this.#refused(refusal);
      return;
    }
    this.#exchange.run(this, this.#admission.expected);
    this.taken();
  }

  #yieldTo(inner: Attempt<Native>) {
    this.#yielded = true;
    this.#disarm();
    this.#watch?.end();
    this.#watch = inner.#watch === undefined ? this.#watch?.bodiless : undefined;
    return this.#admission.yieldTo(inner.circuit);
  }

  accepts(status: number): boolean {
    if (this.#phase !== 'running') return this.#phase !== 'degrading';
    const judgement = this.#judge(status);
    if (this.#isAnswered(judgement)) {
      this.#degrade(judgement);
      return false;
    }
    this.#judgement = judgement;
    return true;
  }

  captures(status: number, headers: Readonly<Record<string, string | string[]>>): number {
    return this.#judgement?.verdict === 'success' ? this.#watch!.captures(status, headers) : 0;
  }

  began(status: number, isWhole = false): void {
    if (this.#phase !== 'running') return;
    this.#disarm();
    this.#judgement ??= this.#judge(status);
    this.#phase = 'flowing';
    this.#tookMs = this.#elapsedMs();
    if (this.#judgement.verdict === 'failure') this.#settle('failure');
    else this.#admission.flowing();
    const { idleMs, totalMs } = this.#policy;
    if (!isWhole && (idleMs > 0 || totalMs > 0) && this.#governs) {
      this.#stream = new StreamWatch(this.#exchange, this.#site.clock, idleMs, totalMs, () => this.#cut('timeout'));
    }
  }

  flowed(): void {
    this.#stream?.flowed();
  }

  ended(ending: Ending, status: number, captured?: CapturedAnswer): void {
    if (this.#phase === 'over') return;
    if (ending === 'deserted') {
      const isWaiting = this.#phase === 'degrading' || this.#phase === 'waiting';
      this.#admission.deserted(this.#elapsedMs());
      if (!this.#admission.isSilent) this.#controller?.abort(clientLeft());
      this.#client?.abort(clientLeft());
      if (isWaiting) this.#exchange.abandon();
    } else if (ending === 'broken') {
      if (this.#phase === 'running') this.#admission.reach();
      this.#settle('failure');
      if (!this.#admission.isSilent) this.#controller?.abort(connectionEnded());
    } else {
      this.#settle(this.#judgement!.verdict);
      if (status < 400 && !this.#exchange.degraded) this.#watch?.succeeded(status, this.#isKept ? captured : undefined);
    }
    this.#finish();
  }

  threw(error: unknown): boolean {
    if (this.#phase === 'aside') return false;
    if (error === this.#reported) return true; // the application has been shown it
    if (this.#phase === 'degrading' || this.#phase === 'over') {
      const isAnswered = this.#phase === 'degrading' || this.#exchange.degraded;
      if (isAnswered) this.#report(error);
      return isAnswered;
    }
    if (this.#phase === 'flowing') {
      this.#reported = error;
      this.#cutBy(error);
      return false;
    }
    const judgement = judgeError(error, this.#admission.reach(statusOf(error)));
    if (this.#isAnswered(judgement)) {
      this.#exchange.hold();
      this.#report(error);
      this.#degrade(judgement, error);
      return true;
    }
    this.#settle(judgement.verdict, judgement.retryAfterMs);
    this.#finish();
    this.#exchange.release();
    return false;
  }

  broke(error: unknown): boolean {
    if (this.#phase !== 'flowing') return this.threw(error);
    const governs = this.#governs;
    this.#cutBy(error);
    if (governs) this.#report(error);
    return governs;
  }

  passed(): void {
    if (this.#phase !== 'running') return;
    this.#admission.release();
    this.#finish();
    this.#exchange.release();
  }

  given(): void {
    if (this.#phase === 'running') this.#disarm();
  }

  taken(): void {
    if (this.#phase === 'running' && !this.#yielded) {
      this.#deadline = this.#policy.deadlines?.arm(this.#exchange, this);
    }
  }

  replaced(): void {
    if (this.#phase !== 'running') return;
    this.#settle('ignore');
    this.#finish();
    this.#exchange.release();
  }

  run<T>(circuit: Circuit, fn: (call: Call) => T | PromiseLike<T>): Promise<T>;
  run<Input, T>(providers: Failover<Input, T>, input: Input): Promise<Provided<T>>;
  async run(through: Circuit | Failover<unknown, unknown>, given: unknown): Promise<unknown> {
    const { signal } = this;
    const isFailover = through instanceof Failover;
    if (!isFailover && this.#admission.holds(through)) return (given as (call: Call) => unknown)({ signal }); // it has our permit already
    try {
      const value = isFailover
        ? await through.run(given, { signal, timeoutMs: this.#leftMs })
        : await through.run(given as (call: Call) => unknown, { signal });
      this.#inner = undefined;
      return value;
    } catch (error) {
      const judgement = judgeError(error, isFailover ? undefined : through);
      if (judgement.reason !== undefined) {
        this.#inner = { ...judgement, verdict: 'ignore' }; // that circuit has counted it
        this.#innerStatus = statusOf(error);
      }
      throw error;
    }
  }

  provideContext(passages: unknown, about?: { readonly question?: string }): void {
    this.#provided = { passages, question: about?.question };
  }

  doNotStore(): void {
    this.#isKept = false;
  }

  degrade(given: FallbackReason): void {
    let reason = given;
    if (!fallbackReasons.includes(given)) {
      reason = 'failure';
      const error = new TypeError('Expected the reason given to `degrade` to be one of `fallbackReasons`');
      this.#site.events.emit('option_failed', { at: this.#site.clock.wall(), option: 'degrade', error });
    }
    const verdict = reason === 'failure' || reason === 'timeout' ? 'failure' : 'ignore';
    if (this.#phase === 'flowing') this.#cut(reason, verdict);
    if (this.#phase === 'running') this.#admission.reach();
    if (this.#phase === 'running' || this.#phase === 'aside') this.#degrade({ verdict, reason });
  }

  expired(): void {
    if (this.#phase !== 'running') return;
    this.#admission.reach();
    if (!this.#governs) {
      this.#settle('failure');
      return;
    }
    const { fallbacks, timeoutMs } = this.#policy;
    const error = new DeadlineError(this.#admission.name, timeoutMs);
    if (fallbacks.answer('timeout')) {
      this.#degrade({ verdict: 'failure', reason: 'timeout' }, error);
      return;
    }
    this.#settle('failure');
    if (fallbacks.areOff) {
      this.#exchange.handOver();
      this.#finish();
    }
    this.#controller?.abort(error);
    if (fallbacks.areOff) this.#exchange.fail(error);
  }

  stalled(): void {
    if (this.#phase !== 'running' || !this.#governs) return;
    this.#settle('ignore');
    this.#finish();
    this.#exchange.hold();
    this.#controller?.abort(clientLeft());
    this.#exchange.serve(requestTimeout);
  }

  /** Whether this is answered by a tier. */
  #isAnswered(judgement: Judgement): judgement is Degrading {
    return judgement.reason !== undefined && this.#governs && this.#policy.fallbacks.answer(judgement.reason);
  }

  #judge(status: number): Judgement {
    const circuit = this.#admission.reach(status);
    if (this.#exchange.degraded || circuit === undefined) return ignored;
    if (this.#inner !== undefined && (status >= 500 || this.#showsInner(status))) return this.#inner;
    return judgeStatus(status, this.#exchange, circuit);
  }

  /** Whether a host may have made this status of what failed in an inner circuit. The headers of a 429 tell more. */
  #showsInner(status: number): boolean {
    return status === this.#innerStatus && status !== 429;
  }

  #degrade({ verdict, reason, retryAfterMs }: Degrading, error?: unknown): void {
    this.#phase = 'degrading';
    this.#disarm();
    this.#settle(verdict, retryAfterMs);
    this.#exchange.hold();
    this.#controller?.abort(error instanceof DeadlineError ? error : answeredAlready());
    // after a failure nobody knows when, and whether, to try again: what has begun may have been done
    const told = reason === 'failure' || reason === 'timeout' ? undefined : retryAfterMs;
    this.#watch?.degraded({ reason, retryAfterMs: told });
    const { name: circuit, circuit: through } = this.#admission;
    const facts: Facts = { reason, circuit, through, retryAfterMs: told, error, provided: this.#provided };
    const { request } = this.#exchange;
    const answer = this.#policy.fallbacks.climb(request, facts, this.#watch, () => this.#clientLeft());
    if (answer instanceof Promise) {
      answer.then((late) => late && this.#reply(late, facts)).catch((fault) => this.#fail(fault));
    } else this.#reply(answer, facts);
  }

  #reply(answer: LadderAnswer, facts: Facts): void {
    if (this.#phase !== 'degrading') return;
    this.#finish();
    const reply = this.#policy.fallbacks.reply(this.#exchange, answer, facts);
    this.#exchange.reply(reply);
    this.#tell(facts.reason, answer.level, reply.status);
  }

  /** Ends a flowing answer that has failed. */
  #cut(reason: FallbackReason, verdict: Judgement['verdict'] = 'failure'): void {
    const governs = this.#governs;
    this.#settle(verdict);
    this.#finish();
    if (!governs) return;
    this.#controller?.abort(answeredAlready());
    const facts: Facts = { reason, circuit: this.#admission.name, retryAfterMs: undefined };
    const last = this.#policy.fallbacks.lastWords(this.#exchange, facts);
    this.#exchange.cut(last);
    if (last !== undefined) this.#tell(reason, 'unavailable', 200);
  }

  /** Ends it for an error that comes when bytes have gone out: what a host would render as an answer of its own breaks this one. */
  #cutBy(error: unknown): void {
    const { verdict, reason } = judgeError(error, this.circuit);
    if (reason === undefined) this.#cut('failure');
    else this.#cut(reason, verdict);
  }

  #tell(reason: FallbackReason, level: FallbackLevel, status: number): void {
    const { events, clock } = this.#site;
    if (!events.wanted('degraded')) return;
    const circuit = this.#admission.name;
    events.emit('degraded', { circuit, at: clock.wall(), reason, level, status, durationMs: this.#elapsedMs() || 0 });
  }

  /** An error that comes by two ways is shown to the application once. */
  #report(error: unknown): void {
    this.#reported = error;
    this.#exchange.report(error);
  }

  #fail(error: unknown): void {
    this.#finish();
    this.#exchange.fail(error);
  }

  #settle(verdict: Judgement['verdict'], retryAfterMs?: number): void {
    const isTimed = verdict !== 'ignore';
    this.#admission.settle(verdict, isTimed ? (this.#tookMs ?? this.#elapsedMs()) : 0, retryAfterMs);
  }

  #finish(): void {
    this.#phase = 'over';
    this.#disarm();
    this.#watch?.end();
  }

  #disarm(): void {
    if (this.#deadline !== undefined) this.#policy.deadlines!.disarm(this.#deadline);
    this.#stream?.disarm();
  }

  #elapsedMs(): number {
    return Number.isNaN(this.#startedAt) ? Number.NaN : this.#site.clock.now() - this.#startedAt;
  }

  /** Asked for only by a tier that makes us wait: then somebody must watch the client. */
  #clientLeft(): AbortSignal {
    if (this.#client === undefined) {
      this.#client = new AbortController();
      this.#exchange.whenClosed(() => {
        if (this.#phase === 'degrading' || this.#phase === 'waiting') this.ended('deserted', 0);
      });
    }
    return this.#client.signal;
  }
}

const requestTimeout: Reply = {
  status: 408,
  headers: { 'content-type': 'application/problem+json', connection: 'close' },
  body: '{"type":"about:blank","title":"Request Timeout","status":408,"detail":"The body of the request stopped arriving."}',
};

const nothing = Symbol('nothing');
const answeredAlready = () => new DOMException('The request has been answered without the handler', 'AbortError');
const connectionEnded = () => new DOMException('The connection has been ended', 'AbortError');
const clientLeft = () => new DOMException('The client has left', 'AbortError');
