import type { Request } from 'express';
import { handles, type Registration } from './host-routes.ts';
import { mountPattern } from './mount-pattern.ts';

type Params = Readonly<Record<string, unknown>> | undefined;

/** A mount on the way in. */
interface Level {
  readonly base: string;
  readonly mount: string;
  readonly params: Params;
}

/** A route that was reached. */
export interface Reached {
  readonly registration: Registration;
  readonly base: string;
  /** As far as it can be told by what came. */
  readonly mount: string;
}

/**
 * Notes which route a request reaches, as Express sets `baseUrl`, `params` and `route` on its way: on the way out to error
 * handlers `baseUrl` is restored while `route` stays, so afterwards it is too late. Own accessors make a request slow, and are put
 * on one only in an application that hides routes, and while nothing is known of the path.
 */
export class RouteTrail {
  readonly #levels: Level[];
  readonly #request: Request;
  /** As it was set: on its way out a request has none. */
  #baseUrl: string | undefined;
  #params: Request['params'];
  #route: Registration | undefined;
  #reached: Reached | undefined;

  /** `mount`: where it begins. */
  constructor(req: Request, mount: string) {
    const { baseUrl, params } = req;
    this.#request = req;
    this.#baseUrl = baseUrl;
    this.#params = params;
    this.#route = req.route as Registration | undefined;
    this.#levels = [{ base: baseUrl, mount, params }];
    const accessors = { configurable: true, enumerable: true };
    Object.defineProperties(req, {
      baseUrl: { ...accessors, get: () => this.#baseUrl, set: (value) => this.#mounted(value) },
      route: { ...accessors, get: () => this.#route, set: (value) => this.#routed(value) },
      params: {
        ...accessors,
        get: () => this.#params,
        set: (value) => {
          this.#params = value;
        },
      },
    });
  }

  /** The last route that was reached. */
  get reached(): Reached | undefined {
    return this.#reached;
  }

  get #level(): Level {
    return this.#levels.at(-1)!;
  }

  #mounted(baseUrl: string | undefined): void {
    this.#baseUrl = baseUrl;
    const base = baseUrl ?? '';
    const { base: within, mount, params: outer } = this.#level;
    if (base === within) return;
    if (base.length > within.length && base.startsWith(within)) {
      const params = this.#params;
      this.#levels.push({ base, mount: mount + mountPattern(base.slice(within.length), own(params, outer)), params });
      return;
    }
    while (this.#levels.length > 1 && this.#level.base !== base) this.#levels.pop();
    if (this.#level.base !== base) {
      this.#levels[0] = { base, mount: mountPattern(base, this.#params), params: this.#params };
    }
  }

  #routed(route: Registration | undefined): void {
    this.#route = route;
    if (route === undefined || !handles(route, this.#request.method)) return;
    const { base, mount } = this.#level;
    this.#reached = { registration: route, base, mount };
  }
}

/** Those of a level: a router may have merged its parent's into them. */
function own(params: Params, outer: Params): Params {
  return Object.fromEntries(Object.entries(params ?? {}).filter(([name, value]) => outer?.[name] !== value));
}
