import type { AttemptEvents } from '@brownout/core';
import { NodeExchange, NodeRequest } from '@brownout/http';
import type { NextFunction, Request, Response } from 'express';
import { knownPattern, ownPattern, RouteTrail } from './route-trail.ts';

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
  /** That of the breaker: behind it, a mounted application puts itself in its place. */
  readonly application: object;
  readonly mountPoint: string;
  /** This is the breaker of one route, which is known from the beginning. */
  readonly #isOwn: boolean;
  #own: string | undefined;
  #expected: string | undefined;
  #trail: RouteTrail | undefined;

  /** `middleware`: as it was registered. */
  constructor(middleware: unknown, req: R, res: Response, next: NextFunction) {
    super(req, res, new ExpressRequest(req, req.originalUrl, req));
    this.next = next;
    this.application = req.app;
    this.mountPoint = req.baseUrl;
    this.#isOwn = req.route !== undefined && isInRoute(req.route, middleware);
  }

  get mountedPath(): string {
    return this.req.path;
  }

  get route(): string | undefined {
    if (this.#isOwn) {
      this.#own ??= ownPattern(this.req);
      return this.#own;
    }
    return this.#trail === undefined ? knownPattern(this.req, this.mountPoint, this.#expected) : this.#trail.pattern;
  }

  pass(): void {
    this.next();
  }

  protected proceed(_attempt: AttemptEvents, expected: string | undefined): void {
    this.#expected = expected;
    if (expected === undefined && !this.#isOwn) this.#trail = new RouteTrail(this.req);
    this.next();
  }

  fail(error: unknown): void {
    this.next(error);
  }

  /** An error goes forward from where it was thrown to the application's error handlers by itself. */
  report(_error: unknown): void {}
}

interface Registration {
  readonly stack?: readonly { readonly handle?: unknown }[];
}

/** A route that was reached before, and passed on, leaves itself on the request: it is not the one that we are in. */
function isInRoute({ stack = [] }: Registration, middleware: unknown): boolean {
  return stack.some(({ handle }) => handle === middleware);
}
