import type { BreakerOptions } from '@brownout/core';
import type { Context, Middleware, ParameterizedContext } from 'koa';
import { breaker } from './breaker.ts';

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
  const guard = breaker(options);
  return (ctx, next) => guard(ctx, async () => handler(ctx, next));
}
