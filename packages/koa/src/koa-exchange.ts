import { Stream } from 'node:stream';
import type { GuardedAttempt, Reply } from '@brownout/core';
import { NodeExchange, NodeRequest } from '@brownout/http';
import type { Context, Next } from 'koa';

/** What routers and body parsers put on Koa's context. */
interface RoutedContext {
  readonly _matchedRoute?: string | RegExp;
  readonly routerPath?: string;
  readonly mountPath?: string;
}

class KoaRequest<C extends Context> extends NodeRequest<C> {
  override get body(): unknown {
    return (this.native.request as { body?: unknown }).body;
  }

  override get queryObject(): unknown {
    return this.native.query;
  }
}

/**
 * One request of Koa, as the core's guard handles it. Koa writes after all middleware has returned: a degraded answer goes
 * through `ctx`, so that middleware outside sees it, unless what is behind still runs or has taken to the raw response.
 */
export class KoaExchange<C extends Context = Context> extends NodeExchange<C> {
  readonly #ctx: C;
  readonly #next: Next;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  /** What is behind still runs, so `ctx` is not ours alone. */
  #running = false;
  /** The middleware outside goes on: what is put on `ctx` now may come too late. */
  #left = false;

  constructor(ctx: C, next: Next) {
    super(ctx.req, ctx.res, new KoaRequest(ctx.req, ctx.originalUrl, ctx));
    this.#ctx = ctx;
    this.#next = next;
  }

  get application(): object {
    return this.#ctx.app;
  }

  get mountedPath(): string {
    return this.#ctx.path;
  }

  get route(): string | undefined {
    const { _matchedRoute: matched, mountPath = '' } = this.#ctx as unknown as RoutedContext;
    return matched === undefined ? undefined : mountPath + String(matched);
  }

  /** Starts the attempt; what it returns settles when Koa may go on with the middleware outside. */
  handle(attempt: GuardedAttempt): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = () => {
        this.#left = true;
        resolve();
      };
      this.#reject = reject;
      attempt.start();
    });
  }

  pass(): void {
    this.#next().then(this.#resolve, this.#reject);
  }

  protected proceed(attempt: GuardedAttempt): void {
    this.#running = true;
    this.#next().then(
      () => this.#settled(attempt),
      (error: unknown) => {
        this.#running = false;
        if (!attempt.threw(error)) this.#reject(error);
      },
    );
  }

  #settled(attempt: GuardedAttempt): void {
    const ctx = this.#ctx;
    this.#running = false;
    const gate = this.gate!;
    if (!gate.waiting || ctx.respond === false) {
      this.#resolve(); // the raw response has it
      return;
    }
    const { status } = ctx;
    if (!attempt.accepts(status)) return; // answered by a tier, here or soon
    if (!(ctx.body instanceof Stream)) gate.pass(status); // what fails from here on is not this route
    this.#resolve();
  }

  override serve(reply: Reply): void {
    const ctx = this.#ctx;
    if (!this.#running && !this.#left && !ctx.headerSent && ctx.writable && ctx.respond !== false) {
      this.gate?.restoreHead();
      this.gate?.release();
      ctx.body = typeof reply.body === 'string' ? reply.body : Buffer.from(reply.body);
      ctx.status = reply.status;
      ctx.remove('Content-Type');
      ctx.set(reply.headers);
    } else {
      ctx.respond = false;
      super.serve(reply);
    }
    this.#resolve();
  }

  override abandon(): void {
    this.#ctx.respond = false;
    this.#resolve();
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  report(error: unknown): void {
    this.#ctx.app.emit('error', error, this.#ctx);
  }
}
