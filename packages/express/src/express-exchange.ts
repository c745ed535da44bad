import type { AttemptEvents, Lineup } from '@brownout/core';
import { NodeExchange, NodeRequest } from '@brownout/http';
import type { NextFunction, Request, Response } from 'express';
import { applicationMount } from './application-mount.ts';
import { type HostRoute, handles, hostRoutes, type Registration, sawApplication } from './host-routes.ts';
import { mountPattern } from './mount-pattern.ts';
import { patternAt, patternsOf, patternUnder } from './route-patterns.ts';
import { RouteTrail } from './route-trail.ts';

class ExpressRequest<R extends Request> extends NodeRequest<R> {
  override get queryObject(): unknown {
    return this.native.query;
  }

  override get application(): object {
    let app = this.native.app as { readonly parent?: object };
    while (app.parent !== undefined) app = app.parent;
    return app;
  }
}

/** Applications with routes that their routers do not show: behind a function of the user's own, or under a path that is rewritten. */
const hiding = new WeakSet<object>();

/** One request of Express, as the core's guard handles it. */
export class ExpressExchange<R extends Request = Request> extends NodeExchange<R> {
  declare protected readonly req: R;
  declare protected readonly res: Response;
  protected readonly next: NextFunction;
  /** That of the breaker: behind it, a mounted application puts itself in its place. */
  readonly application: object;
  readonly routedPath: string;
  /** As it came. */
  readonly #base: string;
  readonly #params: Request['params'];
  /** What had been reached before the breaker: its own route, or one that passed on. */
  readonly #before: Registration | undefined;
  /** This is the breaker of one route, which is known from the beginning. */
  readonly #isOwn: boolean;
  #expected: string | undefined;
  #trail: RouteTrail | undefined;
  /** The last answer to whose route this is. */
  #known: { readonly registration: Registration; readonly pattern: string } | undefined;

  /** `middleware`: as it was registered. */
  constructor(middleware: unknown, req: R, res: Response, next: NextFunction) {
    super(req, res, new ExpressRequest(req, req.originalUrl, req));
    this.next = next;
    this.application = req.app;
    this.#base = req.baseUrl;
    this.#params = req.params;
    this.#before = req.route as Registration | undefined;
    this.#isOwn = this.#before !== undefined && isInRoute(this.#before, middleware);
    this.routedPath = req.url === req.originalUrl ? this.request.path : req.baseUrl + req.path;
  }

  get mountPoint(): string {
    const { base, mount } = applicationMount(this.application, this.#base) ?? { base: '', mount: '' };
    return mount + mountPattern(this.#base.slice(base.length), this.#params);
  }

  get mountedPath(): string {
    return this.req.path;
  }

  get route(): string | undefined {
    const reached = this.#trail?.reached;
    const registration = reached?.registration ?? this.#routed();
    if (registration === undefined) return undefined;
    if (this.#known?.registration !== registration) {
      if (this.req.app !== this.application) sawApplication(this.req.app);
      const pattern = this.#isOwn ? this.#ownPattern(registration) : this.#patternOf(registration);
      this.#known = { registration, pattern };
    }
    return this.#known.pattern;
  }

  lineup(path: string): Lineup | undefined {
    const found = this.#hostRoutes(path);
    if (found === undefined) return undefined;
    const routes: string[] = [];
    const mounts: string[] = [];
    for (const { registration, mount } of found) {
      if (registration === undefined) mounts.push(mount);
      else routes.push(patternUnder(registration, mount));
    }
    return { routes, mounts };
  }

  pass(): void {
    this.next();
  }

  protected proceed(_attempt: AttemptEvents, expected: string | undefined): void {
    this.#expected = expected;
    if (expected === undefined && !this.#isOwn && hiding.has(this.application)) {
      this.#trail = new RouteTrail(this.req, this.mountPoint);
    }
    this.next();
  }

  fail(error: unknown): void {
    this.next(error);
  }

  /** What Express says that was reached, without a trail. */
  #routed(): Registration | undefined {
    if (this.#isOwn) return this.#before;
    if (this.#trail !== undefined) return undefined;
    const route = this.req.route as Registration | undefined;
    return route === undefined || route === this.#before || !handles(route, this.req.method) ? undefined : route;
  }

  /** On the way out to error handlers `baseUrl` is back at that of the breaker, and says nothing of the route's mount. */
  #patternOf(registration: Registration): string {
    const reached = this.#trail?.reached;
    if (reached !== undefined) {
      const { base, mount } = reached;
      return patternAt(registration, base) ?? patternUnder(registration, this.#mountOf(registration) ?? mount);
    }
    const base = this.req.baseUrl ?? '';
    const seen = patternsOf(registration);
    const inside = base === this.#base ? undefined : patternAt(registration, base);
    const known = inside ?? seen.find(({ pattern }) => pattern === this.#expected)?.pattern;
    if (known !== undefined) return known;
    const mount = this.#mountOf(registration);
    if (mount !== undefined) return patternUnder(registration, mount);
    hiding.add(this.application);
    return patternAt(registration, base) ?? (seen.length === 1 && base === this.#base ? seen[0]!.pattern : '');
  }

  #ownPattern(registration: Registration): string {
    const known = patternAt(registration, this.#base);
    return known ?? patternUnder(registration, this.#mountOf(registration) ?? this.mountPoint);
  }

  /** The mount of a route on this path, where the host's routers show it. */
  #mountOf(registration: Registration): string | undefined {
    return this.#hostRoutes(this.routedPath)?.find((route) => route.registration === registration)?.mount;
  }

  #hostRoutes(path: string): readonly HostRoute[] | undefined {
    const within = applicationMount(this.application, this.#base);
    return within && hostRoutes(this.application, this.req.method, path.slice(within.base.length), within.mount);
  }

  /** What a handler throws goes forward from there to the application's error handlers by itself. */
  report(_error: unknown): void {}

  explain(error: Error, isHeard: boolean): void {
    this.gate!.ifUntold(isHeard, () => this.next(error));
  }
}

/** A route that was reached before, and passed on, leaves itself on the request: it is not the one that we are in. */
function isInRoute({ stack = [] }: Registration, middleware: unknown): boolean {
  return stack.some(({ handle }) => handle === middleware);
}
