import { type BreakerOptions, Guard, type RouteHandle } from '@brownout/core';
import type { Context, Middleware, Next } from 'koa';
import { KoaExchange } from './koa-exchange.ts';

declare module 'koa' {
  interface ExtendableContext {
    /** What a handler has of the breaker around it. There only behind a breaker. */
    brownout: RouteHandle;
  }
}

/**
 * The middleware: `app.use(breaker())`, or before a route's handler, `router.post('/ask', breaker(options), ask)`. Mount it after
 * what must run even in an outage (CORS, sessions, login, body parsers) and before what it protects.
 *
 * @throws OptionsError for an unknown option, a bad value or a contradiction
 */
export function breaker(options?: BreakerOptions<Context>): Middleware {
  const guard = new Guard<Context>('breaker', options);
  return function brownout(ctx, next) {
    return attempted(guard, brownout, ctx as unknown as Context, next);
  };
}

/** Runs `next` within a guard. `middleware`: as it was registered. */
export function attempted(guard: Guard<Context>, middleware: unknown, ctx: Context, next: Next): Promise<void> {
  const exchange = new KoaExchange(middleware, ctx, next);
  const attempt = guard.attempt(exchange);
  ctx.brownout = attempt;
  return exchange.handle(attempt);
}
