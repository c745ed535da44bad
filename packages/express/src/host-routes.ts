import type { Request } from 'express';
import { mountPattern } from './mount-pattern.ts';
import { pathOf } from './path-of.ts';

/** Express keeps the registration of a route here; its `path` is what the user wrote. */
export interface Registration {
  readonly path: unknown;
  readonly methods?: Readonly<Record<string, boolean | undefined>>;
  readonly stack?: readonly { readonly handle?: unknown }[];
}

/** What is used of a layer of Express's routers, alike in all versions. */
interface Layer {
  readonly route?: Registration;
  readonly handle?: Routing & { readonly name?: string };
  match(path: string): unknown;
}

/** What `match` found: returned, or, in older routers, left on the layer. */
interface Match {
  readonly path?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** One that a router asks for a path. `registration` is `undefined` for middleware that is mounted there. */
export interface HostRoute {
  readonly registration: Registration | undefined;
  /** With the names of parameters in it. */
  readonly mount: string;
}

interface Routing {
  readonly stack?: unknown;
  readonly router?: { readonly stack?: unknown };
  /** Where the applications of Express 4 have it: their `router` throws. */
  readonly _router?: { readonly stack?: unknown };
}

/** What is used of an application that is mounted in another. */
interface MountedApplication {
  readonly parent?: object;
  readonly mountpath?: unknown;
}

/** Applications by those that they are mounted in, as requests have shown them: Express keeps them behind a function. */
const mounted = new WeakMap<object, Set<object>>();

/** Notes an application that a request has come to, and those around it. */
export function sawApplication(application: object): void {
  const { parent } = application as MountedApplication;
  if (parent === undefined) return;
  const others = mounted.get(parent);
  if (others === undefined) mounted.set(parent, new Set([application]));
  else others.add(application);
  sawApplication(parent);
}

/**
 * Follows a path through the routers of an application as these do, and calls no handler. What they hide (a router behind a function)
 * is told as middleware. `undefined` where there is no router as we know them.
 *
 * @param path as the application has it; `mount` is where that is mounted
 */
export function hostRoutes(
  application: object,
  method: string,
  path: string,
  mount: string,
): readonly HostRoute[] | undefined {
  const found: HostRoute[] = [];
  try {
    const stack = stackOf(application);
    if (stack === undefined) return undefined;
    follow(stack, application, method, path === '' ? '/' : path, mount, found);
  } catch {
    return undefined; // a router of another make
  }
  return found;
}

function stackOf(routing: Routing): readonly Layer[] | undefined {
  const { stack = (routing._router ?? routing.router)?.stack } = routing;
  return Array.isArray(stack) ? stack : undefined;
}

/** The mounted application behind a layer, where only one that has been seen can be meant. */
function mountedBehind(layer: Layer, path: string, parent: object): object | undefined {
  if (layer.handle?.name !== 'mounted_app') return undefined;
  const fitting = [...(mounted.get(parent) ?? [])].filter((application) => {
    const { mountpath } = application as MountedApplication;
    return typeof mountpath === 'string' && pathOf(mountpath.replace(/\/$/, '')).test(path);
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

function follow(
  stack: readonly Layer[],
  application: object,
  method: string,
  path: string,
  mount: string,
  found: HostRoute[],
): void {
  for (const layer of stack) {
    const match = matchOf(layer, path);
    if (match === undefined) continue;
    if (layer.route !== undefined) {
      if (handles(layer.route, method)) found.push({ registration: layer.route, mount });
      continue;
    }
    const { path: own = '', params } = match;
    const base = own.replace(/\/$/, '');
    const within = mount + mountPattern(base, params, (other) => matchOf(layer, other) !== undefined);
    const inner = mountedBehind(layer, base, application) ?? layer.handle;
    const innerStack = inner && stackOf(inner);
    if (innerStack !== undefined) follow(innerStack, inner!, method, path.slice(base.length) || '/', within, found);
    else if (base !== '') found.push({ registration: undefined, mount: within });
  }
}

function matchOf(layer: Layer, path: string): Match | undefined {
  try {
    const match = layer.match(path);
    return match === true ? (layer as Match) : ((match || undefined) as Match | undefined);
  } catch (error) {
    if (error instanceof URIError) return undefined; // the router answers 400 for it, and asks no route
    throw error;
  }
}

/** A HEAD is led into every route of its path, and passes through those that have nothing for it. */
export function handles({ methods = {} }: Registration, method: Request['method']): boolean {
  const name = method.toLowerCase();
  return methods['_all'] === true || methods[name] === true || (name === 'head' && methods['get'] === true);
}
