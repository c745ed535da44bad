import type { Circuit } from './circuit/circuit.ts';
import type { Permit, Refusal } from './circuit/permit.ts';
import type { CircuitSource } from './circuit-source.ts';
import { Deadline } from './deadline.ts';
import { degradedReply } from './degraded-reply.ts';
import { DeadlineError } from './errors.ts';
import type { Verdict } from './events.ts';
import type { AttemptEvents, Ending, Exchange } from './exchange.ts';
import { fallbackMetadata } from './fallback-metadata.ts';
import { countedElsewhere, ignored, type Judgement, judgeError, judgeStatus } from './judgement.ts';
import type { FallbackLevel, FallbackReason } from './metadata.ts';
import type { Policy } from './policy.ts';
import { refusalError } from './refusal-error.ts';
import type { Reply } from './reply.ts';
import type { RouteHandle } from './route-handle.ts';
import { streamTail } from './stream-tail.ts';
import { StreamWatch } from './stream-watch.ts';
import { bareAnswer, type LadderAnswer } from './tiers/ladder.ts';
import type { CapturedAnswer, ProvidedContext, TierContext, TierSite } from './tiers/tier.ts';
import type { Watch } from './watch.ts';

type ClimbContext = Omit<TierContext, 'signal'>;

/** aside: unguarded · running: nothing is out · flowing: the handler's answer is · degrading: a tier is asked · over: all is decided. */
type Phase = 'aside' | 'running' | 'flowing' | 'degrading' | 'over';

/** One request on a guarded route: admit → run → settle → degrade. */
export class Attempt<Native> implements AttemptEvents, RouteHandle {
  readonly #policy: Policy<Native>;
  readonly #exchange: Exchange<Native>;
  readonly #circuits: CircuitSource<Native>;
  readonly #site: TierSite;
  readonly #startedAt: number;
  #circuit: Circuit | undefined;
  #permit: Permit | undefined;
  #phase: Phase = 'running';
  /** Counts, and changes nothing: the circuit is in shadow mode. */
  #shadow = false;
  /** A breaker further in governs: no deadline, no capture, no tier of ours. */
  #yielded = false;
  #watch: Watch | undefined;
  #judgement: Judgement | undefined;
  /** What last failed in an inner circuit. */
  #inner: Judgement | undefined;
  #provided: ProvidedContext | undefined;
  /** Milliseconds to the first byte. */
  #tookMs: number | undefined;
  #deadline: Deadline | undefined;
  #stream: StreamWatch | undefined;
  #controller: AbortController | undefined;
  #client: AbortController | undefined;

  constructor(
    policy: Policy<Native>,
    exchange: Exchange<Native>,
    circuits: CircuitSource<Native>,
    site: TierSite,
    aside: boolean,
  ) {
    this.#policy = policy;
    this.#exchange = exchange;
    this.#circuits = circuits;
    this.#site = site;
    if (aside) this.#phase = 'aside';
    this.#startedAt = site.clock.now();
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#phase === 'degrading' || this.#phase === 'over') this.#controller.abort(answeredAlready());
    }
    return this.#controller.signal;
  }

  get circuit(): Circuit | undefined {
    return this.#circuit;
  }

  get capturing(): boolean {
    return this.#watch?.capturing === true;
  }

  get watchesFlow(): boolean {
    return this.#policy.idleMs > 0 && !this.#yielded && !this.#shadow;
  }

  start(): void {
    const { outer } = this.#exchange;
    if (this.#phase !== 'aside') this.#circuit = this.#circuits.guess(this.#exchange);
    if (this.#phase === 'aside' || this.#circuit?.mode === 'disabled') {
      this.#phase = 'aside';
      this.#exchange.pass();
      return;
    }
    this.#shadow = this.#circuit?.mode === 'shadow';
    if (outer instanceof Attempt) this.#permit = outer.#yieldTo(this.#circuit);
    if (!this.#shadow) this.#watch = this.#policy.watch(this.#exchange.request, this.#site);
    const fresh = this.#watch?.fresh();
    if (fresh instanceof Promise) void fresh.then((reply) => this.#admit(reply));
    else this.#admit(fresh);
  }

  #admit(fresh: Reply | undefined): void {
    if (fresh !== undefined) {
      this.#phase = 'over';
      this.#permit?.release();
      this.#exchange.serve(fresh);
      return;
    }
    if (this.#circuit !== undefined && this.#permit === undefined) {
      const admission = this.#circuit.admit();
      if (!admission.admitted) {
        this.#refused(this.#circuit, admission);
        return;
      }
      this.#permit = admission;
    }
    this.#exchange.run(this, this.#circuit === undefined);
    if (this.#phase === 'running' && this.#policy.timeoutMs > 0 && !this.#yielded) {
      this.#deadline = new Deadline(this.#exchange, this.#policy.timeoutMs, this);
    }
  }

  #refused(circuit: Circuit, refusal: Refusal): void {
    const { reason, retryAfterMs } = refusal;
    if (this.#policy.degrades(reason)) {
      this.#degrade({ verdict: 'ignore', reason, retryAfterMs });
      return;
    }
    this.#phase = 'over';
    this.#exchange.fail(refusalError(circuit, refusal));
  }

  /** Lets a breaker further in govern; a permit of the same circuit goes with it. */
  #yieldTo(inner: Circuit | undefined): Permit | undefined {
    this.#yielded = true;
    this.#disarm();
    this.#watch = undefined;
    const permit = this.#permit;
    if (permit === undefined) return undefined;
    const same = inner !== undefined && inner === this.#circuit;
    if (!same && this.#circuits.named) return undefined;
    this.#permit = undefined;
    this.#circuit = undefined;
    if (same) return permit;
    permit.release();
    return undefined;
  }

  accepts(status: number): boolean {
    if (this.#phase !== 'running') return this.#phase !== 'degrading';
    const judgement = this.#judge(status);
    if (this.#answers(judgement)) {
      this.#degrade(judgement);
      return false;
    }
    this.#judgement = judgement;
    return true;
  }

  captures(status: number, headers: Readonly<Record<string, string | string[]>>): number {
    if (this.#watch === undefined || this.#judgement?.verdict !== 'success') return 0;
    return this.#watch.captures(status, headers);
  }

  began(status: number): void {
    if (this.#phase !== 'running') return;
    this.#disarm();
    this.#judgement ??= this.#judge(status);
    this.#phase = 'flowing';
    this.#tookMs = this.#site.clock.now() - this.#startedAt;
    if (this.#judgement.verdict === 'failure') this.#settle('failure');
    else this.#permit?.flowing();
    const { idleMs, totalMs } = this.#policy;
    if ((idleMs > 0 || totalMs > 0) && !this.#yielded && !this.#shadow) {
      this.#stream = new StreamWatch(this.#exchange, this.#site.clock, idleMs, totalMs, () => this.#cut('timeout'));
    }
  }

  flowed(): void {
    this.#stream?.flowed();
  }

  ended(ending: Ending, status: number, captured?: CapturedAnswer): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#disarm();
    if (ending === 'deserted') {
      this.#permit?.ignore(this.#site.clock.now() - this.#startedAt);
      this.#permit = undefined;
      if (!this.#shadow) this.#controller?.abort(clientLeft());
      this.#client?.abort(clientLeft());
    } else if (ending === 'broken') this.#settle('failure');
    else {
      const { verdict } = this.#judgement!;
      this.#settle(verdict);
      if (verdict === 'success') this.#watch?.succeeded(status, captured);
    }
    this.#watch?.release();
  }

  threw(error: unknown): boolean {
    if (this.#phase === 'degrading' || this.#phase === 'over') {
      if (!this.#exchange.degraded && this.#phase === 'over') return false;
      this.#exchange.report(error);
      return true;
    }
    if (this.#phase === 'aside') return false;
    this.#reach();
    if (this.#phase === 'flowing') {
      this.#cut('failure');
      return false;
    }
    const judgement = judgeError(error, this.#circuit);
    if (this.#answers(judgement)) {
      this.#exchange.hold();
      this.#exchange.report(error);
      this.#degrade(judgement, error);
      return true;
    }
    this.#phase = 'over';
    this.#disarm();
    this.#settle(judgement.verdict, judgement.retryAfterMs);
    this.#exchange.release();
    return false;
  }

  /** The handler did not answer, and lets the host look further. */
  passed(): void {
    if (this.#phase !== 'running') return;
    this.#phase = 'over';
    this.#disarm();
    this.#permit?.release();
    this.#permit = undefined;
    this.#exchange.release();
  }

  async run<T>(circuit: Circuit, fn: (call: { readonly signal: AbortSignal }) => T | Promise<T>): Promise<T> {
    const { signal } = this;
    if (circuit === this.#circuit && this.#permit !== undefined) return fn({ signal }); // it has our permit already
    try {
      const value = await circuit.run(fn, { signal });
      this.#inner = undefined;
      return value;
    } catch (error) {
      const judgement = judgeError(error, circuit);
      if (judgement.reason !== undefined) {
        this.#inner = judgement.verdict === 'failure' ? countedElsewhere(error) : judgement;
      }
      throw error;
    }
  }

  provideContext(passages: unknown, about?: { readonly question?: string }): void {
    this.#provided = { passages, question: about?.question };
  }

  degrade(reason: FallbackReason): void {
    if (this.#phase === 'flowing') this.#cut(reason);
    if (this.#phase !== 'running' && this.#phase !== 'aside') return;
    if (this.#phase === 'running') this.#reach();
    this.#degrade({ verdict: reason === 'failure' || reason === 'timeout' ? 'failure' : 'ignore', reason });
  }

  /** Whether this is answered by a tier. */
  #answers(judgement: Judgement): judgement is Judgement & { reason: FallbackReason } {
    return judgement.reason !== undefined && !this.#yielded && !this.#shadow && this.#policy.degrades(judgement.reason);
  }

  /** Makes sure which circuit this is about: under an app-wide mount the route is known for certain only once it is reached. */
  #reach(status?: number): Circuit | undefined {
    const guess = this.#circuit;
    const reached = this.#yielded ? guess : this.#circuits.reached(this.#exchange, guess, status);
    if (reached !== guess) {
      this.#permit?.release();
      this.#permit = undefined;
      this.#circuit = reached;
      this.#shadow = reached?.mode === 'shadow' || reached?.mode === 'disabled';
      if (reached?.state === 'closed') {
        const admission = reached.admit();
        if (admission.admitted) this.#permit = admission;
      }
    }
    return reached;
  }

  #judge(status: number): Judgement {
    const circuit = this.#reach(status);
    if (this.#exchange.degraded || circuit === undefined) return ignored;
    if (status >= 500 && this.#inner !== undefined) return this.#inner;
    return judgeStatus(status, this.#exchange, circuit);
  }

  #settle(verdict: Verdict, retryAfterMs?: number): void {
    const permit = this.#permit;
    if (permit === undefined) return;
    this.#permit = undefined;
    if (verdict === 'ignore') permit.ignore();
    else {
      const tookMs = this.#tookMs ?? this.#site.clock.now() - this.#startedAt;
      if (verdict === 'success') permit.success(tookMs);
      else permit.failure(tookMs, retryAfterMs === undefined ? undefined : { retryAfterMs });
    }
  }

  #degrade({ verdict, reason, retryAfterMs }: Judgement & { reason: FallbackReason }, error?: unknown): void {
    this.#phase = 'degrading';
    this.#disarm();
    this.#settle(verdict, retryAfterMs);
    this.#exchange.hold();
    this.#controller?.abort(error instanceof DeadlineError ? error : answeredAlready());
    const circuit = this.#circuit?.name ?? this.#circuits.name;
    const context: ClimbContext = { reason, circuit, retryAfterMs, error, provided: this.#provided };
    const { request } = this.#exchange;
    const answer = this.#policy.ladder.climb(
      request,
      context,
      this.#watch?.watchers,
      () => this.#clientLeft(),
      this.#site,
    );
    if (answer instanceof Promise) void answer.then((late) => late && this.#reply(late, context));
    else this.#reply(answer, context);
  }

  #reply({ reply: given, level }: LadderAnswer, context: ClimbContext): void {
    if (this.#phase !== 'degrading') return;
    this.#phase = 'over';
    const { request } = this.#exchange;
    const { tag, exposeHeaders } = this.#policy;
    const exposed = exposeHeaders ? this.#exchange.header('access-control-expose-headers') : undefined;
    const options = { tag, exposeHeaders, exposed, events: this.#site.events };
    const wall = this.#site.clock.wall();
    let reply: Reply;
    try {
      reply = degradedReply(request, given, level, context, options, wall).reply;
    } catch (error) {
      this.#site.events.emit('tier_failed', { circuit: context.circuit, at: wall, level, error });
      reply = degradedReply(request, bareAnswer.reply, bareAnswer.level, context, options, wall).reply;
    }
    this.#exchange.reply(reply);
    this.#tellDegraded(context.reason, level, reply.status);
  }

  /** Ends a flowing answer that has failed. */
  #cut(reason: FallbackReason): void {
    this.#phase = 'over';
    this.#disarm();
    this.#watch?.release();
    this.#settle('failure');
    if (this.#yielded || this.#shadow) return;
    this.#controller?.abort(answeredAlready());
    const circuit = this.#circuit?.name ?? this.#circuits.name;
    const facts = { reason, circuit, retryAfterMs: undefined };
    const metadata = fallbackMetadata('unavailable', facts, this.#site.clock.wall());
    this.#exchange.cut(streamTail(this.#exchange, metadata));
    this.#tellDegraded(reason, 'unavailable', 200);
  }

  #tellDegraded(reason: FallbackReason, level: FallbackLevel, status: number): void {
    const { events, clock } = this.#site;
    if (!events.wanted('degraded')) return;
    const circuit = this.#circuit?.name ?? this.#circuits.name;
    const durationMs = clock.now() - this.#startedAt;
    events.emit('degraded', { circuit, at: clock.wall(), reason, level, status, durationMs });
  }

  expired(): void {
    if (this.#phase !== 'running') return;
    this.#reach();
    if (this.#shadow) {
      this.#settle('failure');
      return;
    }
    const error = new DeadlineError(this.#circuit?.name ?? this.#circuits.name, this.#policy.timeoutMs);
    if (this.#policy.degrades('timeout')) {
      this.#degrade({ verdict: 'failure', reason: 'timeout' }, error);
      return;
    }
    this.#settle('failure');
    if (!this.#policy.handsOver) {
      this.#controller?.abort(error);
      return;
    }
    this.#phase = 'over';
    this.#exchange.release();
    this.#controller?.abort(error);
    this.#exchange.fail(error);
  }

  stalled(): void {
    if (this.#phase !== 'running' || this.#shadow) return;
    this.#phase = 'over';
    this.#disarm();
    this.#permit?.ignore();
    this.#permit = undefined;
    this.#controller?.abort(clientLeft());
    this.#exchange.reply(requestTimeout);
  }

  #disarm(): void {
    this.#deadline?.disarm();
    this.#stream?.disarm();
  }

  #clientLeft(): AbortSignal {
    this.#client ??= new AbortController();
    return this.#client.signal;
  }
}

const requestTimeout: Reply = {
  status: 408,
  headers: { 'content-type': 'application/problem+json', connection: 'close' },
  body: '{"type":"about:blank","title":"Request Timeout","status":408,"detail":"The body of the request stopped arriving."}',
};

const answeredAlready = () => new DOMException('The request has been answered without the handler', 'AbortError');
const clientLeft = () => new DOMException('The client has left', 'AbortError');
