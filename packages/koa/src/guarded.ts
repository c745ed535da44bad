import { type BreakerOptions, Guard } from '@brownout/core';
import type { Context, Middleware, ParameterizedContext } from 'koa';
import { attempted } from './breaker.ts';

/**
 * Wraps a handler: `router.post('/ask', guarded(ask, options))`. On Koa a middleware sees what is thrown behind it, so this is a
 * breaker with the handler behind it.
 *
 * @throws OptionsError for an unknown option, a bad value or a contradiction
 */
export function guarded(handler: Middleware, options?: BreakerOptions<Context>): Middleware;
export function guarded<State, Own, Body>(
  handler: Middleware<State, Own, Body>,
  options?: BreakerOptions<ParameterizedContext<State, Own, Body>>,
): Middleware<State, Own, Body>;
export function guarded(handler: Middleware, options?: BreakerOptions<Context>): Middleware {
  const guard = new Guard<Context>('guarded', options);
  return function brownout(ctx, next) {
    return attempted(guard, brownout, ctx as unknown as Context, async () => handler(ctx, next));
  };
}
