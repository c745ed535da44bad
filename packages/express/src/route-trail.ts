import type { Request } from 'express';

/** Express keeps the registration of a route that was reached here; its `path` is what the user wrote. */
interface Registration {
  readonly path: unknown;
}

/** A registration under one mount. */
interface Sighting {
  readonly mount: string;
  readonly mountPath: RegExp;
  readonly pattern: string;
}

/** What trails have shown. A router that is mounted twice has its registrations under two mounts. */
const sightings = new WeakMap<object, Sighting[]>();

/**
 * The whole pattern of the route that `req` has reached, by what trails have shown of its registration; `undefined` before one is
 * reached, or where nothing fits. On the way out to error handlers `baseUrl` is back at that of the breaker, `mount`: then
 * `expected`, which the path was taken for, decides between several.
 */
export function knownPattern(req: Request, mount: string, expected: string | undefined): string | undefined {
  const registration = req.route as Registration | undefined;
  const seen = registration && sightings.get(registration);
  if (seen === undefined) return undefined;
  const base = req.baseUrl ?? '';
  const fitting = seen.find(({ mountPath }) => mountPath.test(base));
  if (fitting !== undefined) return fitting.pattern;
  if (base !== mount) return undefined;
  return seen.length === 1 ? seen[0]!.pattern : seen.find(({ pattern }) => pattern === expected)?.pattern;
}

/** More mounts than this of one registration, without a trail to tell their parameters, are taken for one. */
const mostMounts = 8;

/** The pattern of a route whose own breaker this is: no trail has led here, so the mount is taken as it came. */
export function ownPattern(req: Request): string {
  const registration = req.route as Registration;
  const known = knownPattern(req, req.baseUrl, undefined);
  if (known !== undefined) return known;
  const seen = sightings.get(registration);
  if (seen !== undefined && seen.length >= mostMounts) return seen[0]!.pattern;
  return sighted(registration, named(req.baseUrl, req.params) ?? req.baseUrl);
}

function sighted(registration: Registration, mount: string): string {
  const seen = sightings.get(registration) ?? [];
  const before = seen.find((sighting) => sighting.mount.toLowerCase() === mount.toLowerCase());
  if (before !== undefined) return before.pattern;
  const pattern = mount + written(registration.path) || '/';
  sightings.set(registration, [...seen, { mount, mountPath: pathOf(mount), pattern }]);
  return pattern;
}

/** What the user wrote; a regular expression is no path, and must not be read as one. */
function written(path: unknown): string {
  if (Array.isArray(path)) return path.map(written).join(', ');
  if (path instanceof RegExp) return `RegExp(${path})`;
  return path === '/' ? '' : String(path);
}

/** Matches the paths that a mount may have come as. */
function pathOf(mount: string): RegExp {
  const source = mount
    .split(/([:*][\w$]+)/)
    .map((part) => (part[0] === ':' ? '[^/]+' : part[0] === '*' ? '.+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, 'i');
}

/**
 * Puts the names of a level's parameters back into the path that came: `/tenants/42` → `/tenants/:tenant`. `undefined` where one
 * cannot be found in it: then nobody knows the pattern.
 */
function named(path: string, params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  let segments = path.split('/').map(decoded);
  for (const [name, value] of Object.entries(params ?? {})) {
    if (Array.isArray(value)) {
      const whole = segments.join('/');
      const at = whole.lastIndexOf(value.join('/'));
      if (at === -1) return undefined;
      segments = `${whole.slice(0, at)}*${name}${whole.slice(at + value.join('/').length)}`.split('/');
    } else if (typeof value === 'string' && value !== '') {
      const exact = segments.indexOf(value);
      const at = exact === -1 ? segments.findIndex((segment) => segment.includes(value)) : exact;
      if (at === -1) return undefined;
      segments[at] = segments[at]!.replace(value, () => `:${name}`);
    }
  }
  return segments.join('/');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A mount on the way in; its pattern is `undefined` where it cannot be told. */
interface Level {
  readonly base: string;
  readonly pattern: string | undefined;
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
    this.#route = req.route as Registration | undefined;
    this.#levels = [{ base, pattern: named(base, req.params) }];
    const accessors = { configurable: true, enumerable: true };
    Object.defineProperties(req, {
      baseUrl: { ...accessors, get: () => this.#baseUrl, set: (value) => this.#mounted(value) },
      route: { ...accessors, get: () => this.#route, set: (value) => this.#reached(value) },
      params: {
        ...accessors,
        get: () => this.#params,
        set: (value) => {
          this.#params = value;
        },
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
      const own = pattern === undefined ? undefined : named(base.slice(within.length), this.#params);
      this.#levels.push({ base, pattern: own === undefined ? undefined : pattern + own });
      return;
    }
    while (this.#levels.length > 1 && this.#level.base !== base) this.#levels.pop();
    if (this.#level.base !== base) this.#levels[0] = { base, pattern: named(base, this.#params) };
  }

  #reached(route: Registration | undefined): void {
    this.#route = route;
    if (route === undefined) return;
    const { pattern } = this.#level;
    this.#pattern = pattern === undefined ? undefined : sighted(route, pattern);
  }
}
