import type { GuardedAttempt } from '@brownout/core';
import { NodeExchange, NodeRequest } from '@brownout/http';
import type { NextFunction, Request, Response } from 'express';
import { RouteTrail, routePattern } from './route-trail.ts';

class ExpressRequest<R extends Request> extends NodeRequest<R> {
  override get queryObject(): unknown {
    return this.native.query;
  }
}

/** One request of Express, as the core's guard handles it. */
export class ExpressExchange<R extends Request = Request> extends NodeExchange<R> {
  declare protected readonly req: R;
  declare protected readonly res: Response;
  protected readonly next: NextFunction;
  readonly #mount: string;
  #trail: RouteTrail | undefined;

  constructor(req: R, res: Response, next: NextFunction) {
    super(req, res, new ExpressRequest(req, req.originalUrl, req));
    this.next = next;
    this.#mount = req.baseUrl;
  }

  get application(): object {
    return this.req.app;
  }

  get mountedPath(): string {
    return this.req.path;
  }

  get route(): string | undefined {
    return this.#trail === undefined ? routePattern(this.req, this.#mount) : this.#trail.pattern;
  }

  pass(): void {
    this.next();
  }

  protected proceed(_attempt: GuardedAttempt, learning: boolean): void {
    if (learning) this.#trail = new RouteTrail(this.req);
    this.next();
  }

  fail(error: unknown): void {
    this.next(error);
  }

  /** An error goes forward from where it was thrown to the application's error handlers by itself. */
  report(_error: unknown): void {}
}
