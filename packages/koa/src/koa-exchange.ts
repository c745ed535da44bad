import { emitWarning } from 'node:process';
import type { Readable } from 'node:stream';
import { format, types } from 'node:util';
import type { AttemptEvents, CapturedAnswer, GuardedAttempt, Lineup, Reply } from '@brownout/core';
import { dropReplaced, type Gate, NodeExchange, ownValue } from '@brownout/http';
import type { Context, Next } from 'koa';
import { hostPart, hostRoutes } from './host-routes.ts';
import { bodyOf, bytesOf, isPiped, isWhole } from './koa-body.ts';
import { KoaRequest } from './koa-request.ts';
import { isMissingFile } from './missing-file.ts';
import { follow, mountOf, ownLayer, patternOf, reachedPattern } from './route-trail.ts';

/**
 * One request of Koa, as the core's guard handles it. Koa writes after all middleware has returned: a degraded answer goes
 * through `ctx`, so that middleware outside sees it, unless what is behind still runs or has taken to the raw response.
 */
export class KoaExchange<C extends Context = Context> extends NodeExchange<C> {
  readonly mountPoint: string;
  readonly routedPath: string;
  readonly #ctx: C;
  readonly #next: Next;
  /** The pattern of the one route that this is the breaker of. */
  readonly #own: string | undefined;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  /** What is behind still runs, so `ctx` is not ours alone. */
  #running = false;
  /** The middleware outside goes on: what is put on `ctx` now may come too late. */
  #left = false;
  /** The body is one that Koa pipes. */
  #pipes = false;

  /** `middleware`: as it was registered. */
  constructor(middleware: unknown, ctx: C, next: Next) {
    super(ctx.req, ctx.res, new KoaRequest(ctx.req, ctx.originalUrl, ctx));
    this.#ctx = ctx;
    this.#next = next;
    this.mountPoint = mountOf(ctx);
    this.routedPath = this.mountPoint + ctx.path;
    const own = ownLayer(ctx, middleware);
    if (own === undefined) follow(ctx);
    else this.#own = patternOf(ctx, own.path);
  }

  get application(): object {
    return hostPart(this.#ctx);
  }

  get mountedPath(): string {
    return this.#ctx.path;
  }

  get route(): string | undefined {
    return this.#own ?? reachedPattern(this.#ctx);
  }

  lineup(path: string): Lineup | undefined {
    return this.mountPoint === '' ? hostRoutes(this.#ctx, path) : undefined;
  }

  /** Starts the attempt; what it returns settles when Koa may go on with the middleware outside. */
  handle(attempt: GuardedAttempt): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      attempt.start();
    });
  }

  /** Lets Koa go on with the middleware outside. */
  #leave(): void {
    this.#left = true;
    this.#resolve();
  }

  pass(): void {
    this.#next().then(this.#resolve, this.#reject);
  }

  protected proceed(attempt: AttemptEvents): void {
    this.#running = true;
    this.#next().then(
      () => this.#settled(attempt),
      (error: unknown) => this.#threw(attempt, error),
    );
  }

  #threw(attempt: AttemptEvents, error: unknown): void {
    this.#running = false;
    // what Koa answers with 404 goes by that status, as it comes
    const isLeft = this.gate!.waiting && isMissingFile(error, this.#ctx);
    if (isLeft || !attempt.threw(error)) this.#reject(error);
    else if (!this.gate!.takesOver) this.#leave(); // all is said
  }

  #settled(attempt: AttemptEvents): void {
    this.#running = false;
    try {
      if (this.#isLeftToKoa(attempt)) this.#leave();
    } catch (error) {
      this.#threw(attempt, error); // a body that cannot be written as JSON
    }
  }

  /** Whether the answer is for Koa to write, or written; if not, a tier answers, here or soon. */
  #isLeftToKoa(attempt: AttemptEvents): boolean {
    const { response, respond } = this.#ctx;
    const gate = this.gate!;
    if (!gate.waiting || respond === false) return true; // the raw response has it
    const { status, body } = response;
    if (!gate.accepts(status)) return false;
    if (isWhole(body)) {
      // what the middleware outside does from here on is not this route's doing
      gate.pass(attempt.capturing ? this.#captured(gate, status, body) : undefined);
      attempt.began(status, true);
    } else {
      this.#pipes = true;
      if (attempt.capturing) gate.gatherHeaders(status);
      const isLost = () => (body as Partial<Readable>).destroyed === true;
      if (isPiped(this.req.method, status)) gate.offer({ status, isLost });
    }
    return true;
  }

  /** The answer as the handler gave it, before middleware outside wraps or encodes it. */
  #captured(gate: Gate, status: number, whole: unknown): CapturedAnswer | undefined {
    const gathered = gate.gatherHeaders(status);
    if (gathered === undefined || gathered.wanted === 0) return undefined;
    const body = bytesOf(whole);
    return body.byteLength > gathered.wanted ? undefined : { status, headers: gathered.headers, body };
  }

  override serve(reply: Reply): void {
    const ctx = this.#ctx;
    if (!this.#running && !this.#left && !ctx.headerSent && ctx.writable && ctx.respond !== false) {
      this.gate?.restoreHead();
      this.gate?.release();
      if (this.degraded) dropReplaced(this.res);
      const { headers } = reply;
      for (const name in headers) this.res.setHeader(name, ownValue(headers[name]!)); // first: for a body without a type Koa seeks one
      ctx.body = bodyOf(reply);
      ctx.status = reply.status;
      if (headers['content-type'] === undefined) ctx.remove('Content-Type');
    } else {
      ctx.respond = false;
      super.serve(reply);
    }
    this.#leave();
  }

  override abandon(): void {
    this.#ctx.respond = false;
    this.#leave();
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  report(error: unknown): void {
    if (!this.#pipes) this.#emit(error); // Koa itself reports what it pipes
  }

  explain(error: Error): void {
    if (this.#pipes) this.gate!.ifUntold(true, () => this.#emit(error));
    else this.#emit(error);
  }

  #emit(error: unknown): void {
    // as Koa calls it: listeners count on an error
    const told =
      types.isNativeError(error) || error instanceof Error ? error : new Error(format('non-error thrown: %j', error));
    try {
      this.#ctx.app.emit('error', told, this.#ctx);
    } catch (fault) {
      emitWarning(fault as Error); // of the application's own listener: the request is answered all the same
    }
  }
}
