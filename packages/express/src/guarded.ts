import { type AttemptEvents, type BreakerOptions, Guard } from '@brownout/core';
import type { Request, RequestHandler, Response } from 'express';
import { ExpressExchange } from './express-exchange.ts';

/** Runs a handler by itself, and so sees what it throws, rejects with, or hands to `next`. */
class GuardedExchange<R extends Request> extends ExpressExchange<R> {
  readonly #handler: RequestHandler;

  constructor(handler: RequestHandler, ...rest: ConstructorParameters<typeof ExpressExchange<R>>) {
    super(...rest);
    this.#handler = handler;
  }

  override pass(): void {
    this.#call(this.next, this.next);
  }

  protected override proceed(attempt: AttemptEvents): void {
    const threw = (thrown: unknown) => {
      if (!attempt.threw(errorOf(thrown))) this.next(thrown);
    };
    this.#call(threw, (skip?: unknown) => {
      if (skip !== undefined && skip !== null && skip !== false && skip !== 'route' && skip !== 'router') {
        threw(skip);
        return;
      }
      attempt.passed();
      this.next(skip as 'route');
    });
  }

  override report(error: unknown): void {
    this.next(errorOf(error));
  }

  override explain(error: Error): void {
    this.next(error);
  }

  #call(threw: (error: unknown) => void, next: (skip?: unknown) => void): void {
    try {
      const returned: unknown = this.#handler(this.req, this.res as Response, next);
      if (returned instanceof Promise) {
        returned.catch((error: unknown) => threw(error || new Error('The handler rejected with nothing')));
      }
    } catch (error) {
      threw(error);
    }
  }
}

/** What `next` would not take for an error becomes one. */
function errorOf(thrown: unknown): unknown {
  const isTaken = Boolean(thrown) && thrown !== 'route' && thrown !== 'router';
  return isTaken ? thrown : new Error(`The handler threw \`${String(thrown)}\``);
}

/**
 * Wraps a handler: `app.post('/ask', guarded(ask, options))`. It does what `breaker` does, and sees the errors themselves: a
 * thrown 4xx stays the host's to render, tiers are given the error, and an async handler that rejects is safe on Express 4.
 *
 * @throws OptionsError for an unknown option, a bad value or a contradiction
 */
export function guarded(handler: RequestHandler, options?: BreakerOptions<Request>): RequestHandler;
export function guarded<Params, ResBody, ReqBody, Query, Locals extends Response['locals']>(
  handler: RequestHandler<Params, ResBody, ReqBody, Query, Locals>,
  options?: BreakerOptions<Request<Params, ResBody, ReqBody, Query, Locals>>,
): RequestHandler<Params, ResBody, ReqBody, Query, Locals>;
export function guarded(handler: RequestHandler, options?: BreakerOptions<Request>): RequestHandler {
  const guard = new Guard<Request>('guarded', options);
  return function brownout(req, res, next) {
    const attempt = guard.attempt(new GuardedExchange(handler, brownout, req, res, next));
    req.brownout = attempt;
    attempt.start();
  };
}
