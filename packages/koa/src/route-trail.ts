import type { Context, Middleware } from 'koa';

/** What is used of a layer of @koa/router and its kin: a route, or, without methods, middleware of the router. */
export interface Layer {
  readonly path: string | RegExp;
  readonly methods: readonly string[];
  readonly stack: readonly unknown[];
  match(path: string): boolean;
}

/** What routers and koa-mount put on Koa's context. */
interface RoutedContext extends Context {
  /** What a router that begins expects to reach, and then each of its layers as it is reached. */
  _matchedRoute?: string | RegExp;
  /** The layers whose path matches, of all routers that have begun. */
  readonly matched?: readonly Layer[];
  readonly mountPath?: string;
  [trailKey]?: RouteTrail;
}

/** One for the process: another copy of this package reads the same trails. */
const trailKey: unique symbol = Symbol.for('brownout.route-trail') as never;

/** Follows which routes a request reaches, as routers say it: `_matchedRoute` is set on the way in, and never taken back. */
class RouteTrail {
  readonly #ctx: RoutedContext;
  #last: string | RegExp | undefined;
  /** The layers that the router which began last goes through. */
  #layers: readonly Layer[] = [];
  #at = 0;
  #matched = 0;
  /** Said by a router that has not yet said of any layer that it is reached. */
  #expected: string | RegExp | undefined;
  #pattern: string | undefined;
  #path: string | undefined;

  constructor(ctx: Context) {
    this.#ctx = ctx as RoutedContext;
  }

  get last(): string | RegExp | undefined {
    return this.#last;
  }

  /** The whole pattern of the last route that was reached. */
  get pattern(): string | undefined {
    return this.#expected === undefined ? this.#pattern : patternOf(this.#ctx, this.#expected);
  }

  /** Forgets what was reached until now. */
  restart(): void {
    this.#pattern = undefined;
    this.#expected = undefined;
  }

  /** What was the request's path when a router last said something: under a mount it is another. */
  get path(): string | undefined {
    return this.#path;
  }

  said(path: string | RegExp | undefined): void {
    this.#last = path;
    const { matched = [], method } = this.#ctx;
    this.#path = this.#ctx.path;
    this.#expected = undefined;
    if (matched.length !== this.#matched) {
      const isAsked = ({ methods }: Layer) => methods.length === 0 || methods.includes(method);
      this.#layers = matched.slice(this.#matched).filter(isAsked);
      this.#matched = matched.length;
      this.#at = 0;
      this.#expected = path;
    } else if (path !== undefined && this.#isRoute(path)) this.#pattern = patternOf(this.#ctx, path);
  }

  #isRoute(path: string | RegExp): boolean {
    if (this.#matched === 0) return true;
    const next = this.#layers[this.#at++];
    // an exclusive router goes to one layer alone
    const layer = next?.path === path ? next : this.#layers.find((other) => other.path === path && isRoute(other));
    return layer !== undefined && isRoute(layer);
  }
}

export const isRoute = ({ methods }: Layer): boolean => methods.length > 0;

/** The whole pattern of the last route that was reached since `follow`. */
export function reachedPattern(ctx: Context): string | undefined {
  return (ctx as RoutedContext)[trailKey]?.pattern;
}

/** Follows a request from here on. From the first on, the application's context tells what routers say. */
export function follow(ctx: Context): void {
  const routed = ctx as RoutedContext;
  if (!(trailKey in ctx)) {
    const said = Object.getOwnPropertyDescriptor(ctx, '_matchedRoute');
    listen(ctx.app.context as object);
    if (said !== undefined) {
      delete routed._matchedRoute;
      routed._matchedRoute = said.value;
    }
  }
  routed[trailKey]?.restart();
}

function listen(context: object): void {
  Object.defineProperties(context, {
    [trailKey]: { value: undefined, writable: true, configurable: true },
    _matchedRoute: {
      configurable: true,
      get(this: RoutedContext) {
        return this[trailKey]?.last;
      },
      set(this: RoutedContext, path: string | RegExp | undefined) {
        this[trailKey] ??= new RouteTrail(this);
        this[trailKey].said(path);
      },
    },
  });
}

/**
 * The route that a middleware is a part of, by itself or composed with others: the one that has been reached, unless the middleware is
 * registered elsewhere, and the route has passed on to it.
 */
export function ownLayer(ctx: Context, middleware: unknown): Layer | undefined {
  const { _matchedRoute: path, matched, [trailKey]: trail } = ctx as RoutedContext;
  if (path === undefined || !Array.isArray(matched)) return undefined;
  const reached = matched.find((layer: Layer) => layer.path === path && isRoute(layer));
  if (reached === undefined || reached.stack.includes(middleware)) return reached;
  if (trail === undefined) follow(ctx); // for the next request
  const isElsewhere =
    (trail === undefined ? mountOf(ctx) !== '' : trail.path !== ctx.path) ||
    ctx.app.middleware.includes(middleware as Middleware) ||
    matched.some((layer: Layer) => layer.stack.includes(middleware));
  return isElsewhere ? undefined : reached;
}

/** The whole pattern of a route that is reached now. A regular expression is no path, and must not be read as one. */
export function patternOf(ctx: Context, path: string | RegExp): string {
  const mount = mountOf(ctx);
  if (path === '/') return mount || '/';
  return mount + (path instanceof RegExp ? `RegExp(${path})` : path);
}

/**
 * Where an application is mounted: what koa-mount has taken off the path. `mountPath` has the innermost of several mounts alone, and
 * stays when one has passed on.
 */
export function mountOf(ctx: Context): string {
  const { mountPath, path } = ctx as RoutedContext;
  if (mountPath === undefined) return '';
  const whole = pathnameOf(ctx.originalUrl);
  if (path === whole) return '';
  const taken = path === '/' && !whole.endsWith('/') ? whole : whole.slice(0, -path.length);
  return whole === taken + path || path === '/' ? taken : mountPath;
}

function pathnameOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
