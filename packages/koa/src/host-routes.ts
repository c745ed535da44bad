import type { Lineup } from '@brownout/core';
import type { Context } from 'koa';
import { isRoute, type Layer, patternOf } from './route-trail.ts';

/** What is used of @koa/router and its kin: they put themselves on the middleware that they make. */
interface Router {
  readonly stack: readonly Layer[];
  matchHost?(host: string): boolean;
}

/**
 * Which routes the routers of an application would ask for a path, and calls none of them. Those that are not the application's own
 * middleware (behind koa-mount, or composed with others) are hidden.
 */
export function hostRoutes(ctx: Context, path: string): Lineup | undefined {
  const routes: string[] = [];
  const mounts: string[] = [];
  try {
    for (const middleware of ctx.app.middleware) {
      const { router } = middleware as { readonly router?: Router };
      if (router === undefined || router.matchHost?.(ctx.host) === false) continue;
      for (const layer of router.stack) {
        if (!layer.match(path)) continue;
        if (!isRoute(layer)) mounts.push(String(layer.path));
        else if (layer.methods.includes(ctx.method)) routes.push(patternOf(ctx, layer.path));
      }
    }
  } catch {
    return undefined; // a router of another make
  }
  return { routes, mounts };
}
