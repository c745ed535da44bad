import type { Lineup } from '@brownout/core';
import type { Context } from 'koa';
import { isRoute, type Layer, patternOf } from './route-trail.ts';

/** What is used of @koa/router and its kin: they put themselves on the middleware that they make. */
interface Router {
  readonly stack: readonly Layer[];
  readonly host?: unknown;
  matchHost?(host: string): boolean;
}

/** The routers of an application that are for some hosts only, and its parts: one for each choice of those. */
interface Hosted {
  /** As many middlewares were looked at. */
  readonly middlewares: number;
  readonly routers: readonly Router[];
  readonly parts: Map<string, object>;
}

const hosted = new WeakMap<Context['app'], Hosted>();

/** The part of an application that a request's host leads to, where routers are for some hosts only: each has routes of its own. */
export function hostPart(ctx: Context): object {
  const { app } = ctx;
  let known = hosted.get(app);
  if (known?.middlewares !== app.middleware.length) {
    const routers = app.middleware.flatMap((middleware) => (middleware as { router?: Router }).router ?? []);
    const choosy = routers.filter((router) => router.host !== undefined && router.matchHost !== undefined);
    known = { middlewares: app.middleware.length, routers: choosy, parts: known?.parts ?? new Map() };
    hosted.set(app, known);
  }
  if (known.routers.length === 0) return app;
  const { host } = ctx;
  const served = known.routers.map((router) => (router.matchHost!(host) ? '1' : '0')).join('');
  let part = known.parts.get(served);
  if (part === undefined) {
    part = {};
    known.parts.set(served, part);
  }
  return part;
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
