import type { Request } from 'express';

/** Express keeps the registration of a route that was reached here; its `path` is what the user wrote. */
interface Registration {
  readonly path: unknown;
}

interface Level {
  readonly base: string;
  readonly pattern: string;
}

/** The patterns of registrations, with the mount that they were seen under. */
const patterns = new WeakMap<object, Level>();

/**
 * The whole pattern of the route that `req` has reached; `undefined` before one is. On the way out to error handlers `baseUrl` is
 * back at that of the breaker, `mount`, and only what was noted before tells where the route is mounted.
 */
export function routePattern(req: Request, mount: string): string | undefined {
  const registration = req.route as Registration | undefined;
  if (registration === undefined) return undefined;
  const base = req.baseUrl ?? '';
  const known = patterns.get(registration);
  if (known !== undefined && (known.base === base || base === mount)) return known.pattern;
  return noted(registration, base, named(base, req.params));
}

function noted(registration: Registration, base: string, mount: string): string {
  const pattern = mount + written(registration.path);
  patterns.set(registration, { base, pattern });
  return pattern;
}

function written(path: unknown): string {
  if (Array.isArray(path)) return path.map(String).join(', ');
  return path === '/' ? '' : String(path);
}

/** Puts the names of parameters back into a path that came: `/tenants/42` → `/tenants/:tenant`. */
function named(path: string, params: Readonly<Record<string, unknown>> | undefined): string {
  const names = Object.entries(params ?? {});
  if (names.length === 0) return path;
  return path
    .split('/')
    .map((segment) => {
      const at = segment === '' ? -1 : names.findIndex(([, value]) => value === decoded(segment));
      return at === -1 ? segment : `:${names.splice(at, 1)[0]![0]}`;
    })
    .join('/');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * Notes which route a request reaches, as Express sets `baseUrl`, `params` and `route` on its way: on the way out to error
 * handlers `baseUrl` is restored while `route` stays, so afterwards it is too late. Own accessors cost a microsecond or three,
 * and are put on a request only while nothing is known of its path.
 */
export class RouteTrail {
  readonly #levels: Level[];
  /** As it was set: on its way out a request has none. */
  #baseUrl: string | undefined;
  #params: Request['params'];
  #route: Registration | undefined;
  #pattern: string | undefined;

  constructor(req: Request) {
    const base = req.baseUrl;
    this.#baseUrl = base;
    this.#params = req.params;
    this.#levels = [{ base, pattern: named(base, req.params) }];
    Object.defineProperties(req, {
      baseUrl: {
        get: () => this.#baseUrl,
        set: (value) => this.#mounted(value),
        configurable: true,
        enumerable: true,
      },
      params: {
        get: () => this.#params,
        set: (value) => {
          this.#params = value;
        },
        configurable: true,
        enumerable: true,
      },
      route: {
        get: () => this.#route,
        set: (value) => this.#reached(value),
        configurable: true,
        enumerable: true,
      },
    });
  }

  /** The whole pattern of the last route that was reached. */
  get pattern(): string | undefined {
    return this.#pattern;
  }

  get #level(): Level {
    return this.#levels.at(-1)!;
  }

  #mounted(baseUrl: string | undefined): void {
    this.#baseUrl = baseUrl;
    const base = baseUrl ?? '';
    const { base: within, pattern } = this.#level;
    if (base === within) return;
    if (base.length > within.length && base.startsWith(within)) {
      this.#levels.push({ base, pattern: pattern + named(base.slice(within.length), this.#params) });
      return;
    }
    while (this.#levels.length > 1 && this.#level.base !== base) this.#levels.pop();
    if (this.#level.base !== base) this.#levels[0] = { base, pattern: named(base, this.#params) };
  }

  #reached(route: Registration | undefined): void {
    this.#route = route;
    if (route !== undefined) this.#pattern = noted(route, this.#level.base, this.#level.pattern);
  }
}
