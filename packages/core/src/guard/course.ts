import type { Permit } from '../circuit/permit.ts';
import type { Verdict } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import type { FallbackReason } from '../metadata.ts';
import type { RequestView } from '../request-view.ts';
import type { ProvidedContext, TierSite } from '../tiers/tier.ts';
import { Admission } from './admission.ts';
import type { Deadline, DeadlineEvents } from './deadlines.ts';
import type { Policy } from './policy.ts';
import { type StreamLimit, StreamWatch } from './stream-watch.ts';
import type { Watch } from './watch.ts';

/**
 * aside: unguarded · waiting: in line, for the circuit to admit it · running: nothing is out · flowing: the handler's answer is · degrading: a
 * tier is asked · over: all is decided.
 */
export type Phase = 'aside' | 'waiting' | 'running' | 'flowing' | 'degrading' | 'over';

/** How far one request on a guarded route has come, what watches it meanwhile, and who hears of its end. */
export class Course<Native> {
  readonly policy: Policy<Native>;
  readonly exchange: Exchange<Native>;
  readonly site: TierSite;
  readonly admission: Admission<Native>;
  phase: Phase;
  watch: Watch | undefined;
  provided: ProvidedContext | undefined;
  /** As the tiers see it. */
  request: RequestView<Native>;
  /** It asks to be a drill. */
  asksForDrill = false;
  /** A breaker further in governs: no deadline, no capture, no tier of ours. */
  #isYielded = false;
  /** `NaN` while nobody wants to know a duration. */
  #startedAt = Number.NaN;
  /** Milliseconds to the first byte. */
  #tookMs: number | undefined;
  #deadline: Deadline | undefined;
  #stream: StreamWatch | undefined;
  #controller: AbortController | undefined;
  #client: AbortController | undefined;

  constructor(policy: Policy<Native>, exchange: Exchange<Native>, site: TierSite, phase: Phase) {
    this.policy = policy;
    this.exchange = exchange;
    this.request = exchange.request;
    this.site = site;
    this.admission = new Admission(policy.circuits, exchange);
    this.phase = phase;
  }

  /** Whether this attempt may change what the client gets. */
  get governs(): boolean {
    return !this.#isYielded && !this.admission.isSilent;
  }

  /** Whether its limits are watched: in `shadow` they are, though only the circuit hears of it. */
  get isWatched(): boolean {
    return !this.#isYielded;
  }

  /** `NaN` while nobody wants to know. */
  get elapsedMs(): number {
    return Number.isNaN(this.#startedAt) ? Number.NaN : this.site.clock.now() - this.#startedAt;
  }

  /** What is left of the time to the first byte; `undefined` where that has no limit, or no more. */
  get leftMs(): number | undefined {
    const { timeoutMs } = this.policy;
    if (timeoutMs === 0 || this.phase !== 'running' || !this.governs) return undefined;
    // on Express a handler begins before its deadline does
    const { isArmed, leftMs } = this.#deadline ?? { isArmed: true, leftMs: timeoutMs };
    return isArmed ? leftMs : undefined;
  }

  /** Aborts when nobody waits for the handler's answer any more. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.phase === 'degrading' || this.phase === 'over') this.abort(answeredAlready);
    }
    return this.#controller.signal;
  }

  /** Asked for only by what makes the client wait without the handler: then somebody must watch the client. */
  get clientLeft(): AbortSignal {
    if (this.#client === undefined) {
      this.#client = new AbortController();
      this.exchange.whenClosed(() => {
        if (this.#isAwaited) this.deserted();
      });
    }
    return this.#client.signal;
  }

  get #isAwaited(): boolean {
    return this.phase === 'degrading' || this.phase === 'waiting';
  }

  /** Whether the handler has asked for the signal, and so hears why it is to stop. */
  get isHeard(): boolean {
    return this.#controller !== undefined;
  }

  /** Lets the handler know, if it has asked for the signal. */
  abort(reason: () => Error): void {
    this.#controller?.abort(reason());
  }

  /** From now on durations can be told, where anybody wants them. */
  startClock(): void {
    const { events, clock } = this.site;
    if (this.admission.isTimed || events.wanted('degraded')) this.#startedAt = clock.now();
  }

  /** Lets a breaker further in govern, which gets the permit if it is for the same circuit. */
  yieldTo(inner: Course<Native>): Permit | undefined {
    this.#isYielded = true;
    this.disarm();
    this.watch?.end();
    this.watch = inner.watch === undefined ? this.watch?.bodiless : undefined;
    return this.admission.yieldTo(inner.admission.circuit);
  }

  /** The deadline to the first byte runs. */
  arm(events: DeadlineEvents): void {
    if (!this.#isYielded) this.#deadline = this.policy.deadlines?.arm(this.exchange, events);
  }

  disarm(): void {
    if (this.#deadline !== undefined) this.policy.deadlines!.disarm(this.#deadline);
    this.#stream?.disarm();
  }

  /** The first byte is out. */
  began(): void {
    this.disarm();
    this.phase = 'flowing';
    this.#tookMs = this.elapsedMs;
  }

  /** Watches that what flows goes on. `expire`: it is silent, or goes on for too long. */
  watchFlow(expire: (limit: StreamLimit) => void): void {
    const { idleMs, totalMs } = this.policy;
    this.#stream = new StreamWatch(this.exchange, this.site.clock, idleMs, totalMs, expire);
  }

  flowed(): void {
    this.#stream?.flowed();
  }

  settle(verdict: Verdict, retryAfterMs?: number): void {
    const isTimed = verdict !== 'ignore';
    this.admission.settle(verdict, isTimed ? (this.#tookMs ?? this.elapsedMs) : 0, retryAfterMs);
  }

  /** The client has left: no verdict. */
  deserted(): void {
    const isAwaited = this.#isAwaited;
    this.admission.deserted(this.elapsedMs);
    if (!this.admission.isSilent) this.abort(clientLeft);
    this.#client?.abort(clientLeft());
    if (isAwaited) this.exchange.abandon();
    this.finish(true);
  }

  /** What breaks after it has begun fails for those who wait for it, too. */
  failOthers(reason: FallbackReason): void {
    if (this.policy.fallbacks.answer(reason)) this.watch?.degraded({ reason, retryAfterMs: undefined });
  }

  /** `hasLeft`: the client has left before there was an answer. */
  finish(hasLeft = false): void {
    this.phase = 'over';
    this.disarm();
    this.watch?.end(hasLeft);
  }

  /** Leaves the answer to the host's own error handling. */
  fail(error: unknown): void {
    this.finish();
    this.exchange.fail(error);
  }
}

export const answeredAlready = () => aborted('The request has been answered without the handler');
export const connectionEnded = () => aborted('The connection has been ended');
export const clientLeft = () => aborted('The client has left');
const aborted = (why: string) => new DOMException(why, 'AbortError');
