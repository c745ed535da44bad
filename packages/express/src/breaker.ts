import type { ServerResponse } from 'node:http';
import { type BreakerOptions, Guard, type RouteHandle } from '@brownout/core';
import type { NextFunction, Request, Response } from 'express';
import { ExpressExchange } from './express-exchange.ts';

declare global {
  namespace Express {
    interface Request {
      /** What a handler has of the breaker around it. There only behind a breaker. */
      brownout: RouteHandle;
    }
  }
}

/**
 * A middleware that asks of a request only what every request of Express has alike: beside a `RequestHandler`, which names the
 * types of parameters and body, the handler behind it would lose those of its own route.
 */
export type BreakerMiddleware = (
  req: Pick<Request, 'app' | 'baseUrl' | 'originalUrl' | 'path' | 'method' | 'headers'>,
  res: ServerResponse,
  next: NextFunction,
) => void;

/**
 * The middleware: `app.use(breaker())`, `app.use('/api', breaker(options))`, `app.post('/ask', breaker(options), ask)`. Mount it
 * after what must run even in an outage (CORS, sessions, login, body parsers) and before what it protects. As a middleware it
 * sees the status that a failure ends in, not what was thrown: `guarded` sees that, too.
 *
 * @throws OptionsError for an unknown option, a bad value or a contradiction
 */
export function breaker(options?: BreakerOptions<Request>): BreakerMiddleware {
  const guard = new Guard<Request>('breaker', options);
  return function brownout(request, res, next) {
    const req = request as Request;
    const attempt = guard.attempt(new ExpressExchange(brownout, req, res as Response, next));
    req.brownout = attempt;
    attempt.start();
  };
}
