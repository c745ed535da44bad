import type { Circuit } from '../circuit/circuit.ts';
import type { CircuitMode, Verdict } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import type { CircuitSource } from './circuit-source.ts';
import { KnownRoute, lineupOf } from './known-route.ts';
import { LearnedRoutes } from './learned-routes.ts';

/** More routes than this share the circuit of the mount. */
const mostRoutes = 1_000;
/** Of a circuit's name. What is known of a route goes by the whole pattern. */
const longestName = 200;

/** What is known of one application's routes. */
class ApplicationRoutes {
  readonly byName = new Map<string, KnownRoute>();
  readonly learned = new LearnedRoutes<KnownRoute>();
  readonly byCircuit = new Map<Circuit, KnownRoute>();
  /** Routes whose patterns claim no path: those that are regular expressions, lists, or of Express 4's own grammar. */
  readonly unclaimed: KnownRoute[] = [];
  /** For what the host tells no pattern of. */
  mount: KnownRoute | undefined;
}

/** A circuit for each route, named by its pattern, and made when the route is first reached. */
export class RouteCircuits<Native> implements CircuitSource<Native> {
  readonly named = false;
  readonly name = 'none';
  readonly mode: CircuitMode;
  readonly #make: (name: string) => Circuit;
  readonly #applications = new WeakMap<object, ApplicationRoutes>();

  /** `mode`: that circuits are made in. */
  constructor(make: (name: string) => Circuit, mode: CircuitMode) {
    this.#make = make;
    this.mode = mode;
  }

  expected(exchange: Exchange<Native>, guess: Circuit | undefined): string | undefined {
    if (guess === undefined) return undefined;
    return this.#routesOf(exchange.application).byCircuit.get(guess)?.pattern;
  }

  guess(exchange: Exchange<Native>): Circuit | undefined {
    return this.#foreseen(exchange, false);
  }

  certain(exchange: Exchange<Native>): Circuit | undefined {
    return this.#foreseen(exchange, true);
  }

  #foreseen(exchange: Exchange<Native>, mustBeCertain: boolean): Circuit | undefined {
    const routes = this.#routesOf(exchange.application);
    const { request, route } = exchange;
    const method = methodOf(request.method);
    const known = route ? this.#known(routes, method, route) : foreseen(routes, method, exchange, mustBeCertain);
    return known?.circuit;
  }

  reached(exchange: Exchange<Native>, guess: Circuit | undefined, status?: number): Circuit | undefined {
    const { request, route, routedPath: path } = exchange;
    if (route === undefined && isClientError(status)) return undefined;
    const routes = this.#routesOf(exchange.application);
    const method = methodOf(request.method);
    if (route === '') {
      routes.learned.learnPath(method, path, undefined);
      return undefined;
    }
    if (route === undefined) return this.#before(routes, method, exchange, guess, status).circuit;
    const known = this.#known(routes, method, route);
    const isExpected = known.circuit === guess;
    if (!isExpected || status === undefined || status >= 500) known.cameBy(path);
    if ((!isExpected || known.isRemembered) && !isClear(routes, method, path, known)) {
      routes.learned.learnPath(method, path, known);
    }
    return known.circuit;
  }

  /** Who shares the circuit of the mount is not refused for each other: which paths have failed is noted one by one. */
  settled(exchange: Exchange<Native>, circuit: Circuit, verdict: Verdict): void {
    const { mount, learned } = this.#routesOf(exchange.application);
    if (mount?.circuit !== circuit || verdict === 'ignore') return;
    const exact = learned.recall(methodOf(exchange.request.method), exchange.routedPath);
    if (exact?.route !== mount) return;
    if (verdict === 'failure') exact.hasFailed = true;
    // a success that has opened it was too slow
    else if (circuit.state !== 'half_open') exact.hasFailed = circuit.state === 'open';
  }

  /** No route was reached, and yet there is an answer. */
  #before(
    routes: ApplicationRoutes,
    method: string,
    exchange: Exchange<Native>,
    guess: Circuit | undefined,
    status: number | undefined,
  ): KnownRoute {
    const mount = this.#shared(routes, exchange.mountPoint);
    const passed = guess && routes.byCircuit.get(guess);
    // what answers before a route that stands out is reached says nothing about where its path leads
    if (passed?.isDistinct || mount.circuit === guess) return mount;
    if (status !== undefined && status < 400) passed?.overtaken();
    else if (passed !== undefined) return mount;
    const { routedPath: path } = exchange;
    if (routes.learned.recall(method, path)?.route !== mount) routes.learned.learnPath(method, path, mount);
    return mount;
  }

  #routesOf(application: object): ApplicationRoutes {
    let routes = this.#applications.get(application);
    if (routes === undefined) {
      routes = new ApplicationRoutes();
      this.#applications.set(application, routes);
    }
    return routes;
  }

  #known(routes: ApplicationRoutes, method: string, pattern: string): KnownRoute {
    const name = `${method} ${pattern}`;
    const known = routes.byName.get(name);
    if (known !== undefined) return known;
    if (routes.byName.size >= mostRoutes) return this.#shared(routes, '');
    const route = new KnownRoute(this.#make(shortened(name)), pattern);
    routes.byName.set(name, route);
    routes.byCircuit.set(route.circuit, route);
    if (!routes.learned.learnPattern(method, pattern, route)) routes.unclaimed.push(route);
    return route;
  }

  #shared(routes: ApplicationRoutes, mountPoint: string): KnownRoute {
    routes.mount ??= new KnownRoute(this.#make(shortened(`ANY ${mountPoint}/*`)), '');
    return routes.mount;
  }
}

/** Whether a path need not be remembered: it is, or its route stands out among those that may claim it. */
function isClear({ learned }: ApplicationRoutes, method: string, path: string, route: KnownRoute): boolean {
  const exact = learned.recall(method, path);
  if (exact !== undefined) return exact.route === route;
  return !route.isRemembered && learned.claims(method, path)[0] === route;
}

/** The route that a request is taken for, as far as that is known before it is run. `mustBeCertain`: it may be answered without that. */
function foreseen<Native>(
  routes: ApplicationRoutes,
  method: string,
  exchange: Exchange<Native>,
  mustBeCertain: boolean,
): KnownRoute | undefined {
  const { learned, mount, unclaimed } = routes;
  const exact = learned.recall(method, exchange.routedPath);
  if (exact !== undefined && !(exact.route === mount && mount !== undefined && mayRefuse(mount))) return exact.route;
  if (exact?.hasFailed === false && isSpared(mount!.circuit)) return undefined;
  const claims = learned.claims(method, exchange.routedPath);
  const isOpenTo = exact === undefined && !mustBeCertain;
  if (isOpenTo && !claims.some(mayRefuse) && !unclaimed.some(mayRefuse)) return claims[0];
  const route = confirmed(routes, method, exchange, claims, exact?.route);
  // the next one need not be led through all routes
  if (route !== undefined && route !== mount) learned.learnPath(method, exchange.routedPath, route);
  return route;
}

/**
 * The route that a request is taken for where it may be refused. A path that was never seen is refused only for a route that the
 * host's router has led a path to which it would ask the same routes for, and to no other route. Where the host's router cannot be
 * asked, a pattern with a literal segment has what it matches.
 */
function confirmed<Native>(
  { byName }: ApplicationRoutes,
  method: string,
  exchange: Exchange<Native>,
  claims: readonly KnownRoute[],
  mount: KnownRoute | undefined,
): KnownRoute | undefined {
  const lineup = lineupOf(exchange, exchange.routedPath);
  if (lineup === undefined) return mount ?? claims.find(({ isDistinct }) => isDistinct);
  const { routes, key } = lineup;
  const seen = routes.filter((pattern) => byName.get(`${method} ${pattern}`)?.isReachedBy(key, exchange));
  if (seen.length > 0)
    return seen.every((pattern) => pattern === seen[0]) ? byName.get(`${method} ${seen[0]}`) : undefined;
  // a route that the host's router hides from us, behind a function of the user's own
  const hidden = ({ isDistinct, pattern }: KnownRoute) => isDistinct && !routes.includes(pattern);
  const claimed = claims.find((claim) => hidden(claim) && claim.isReachedBy(key, exchange));
  return claimed ?? (routes.length === 0 ? mount : undefined);
}

/**
 * Whether a path that has not failed itself is let through, though the circuit of its mount is open. It probes where nobody else does:
 * those that have failed may never be asked for again.
 */
function isSpared({ mode, state, inFlight }: Circuit): boolean {
  return mode !== 'forced_open' && (state === 'open' || (state === 'half_open' && inFlight > 0));
}

const mayRefuse = ({ circuit }: KnownRoute): boolean => circuit.mayRefuse;

function shortened(name: string): string {
  const whole = name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`;
  return whole.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** HEAD is answered by GET's handlers. */
function methodOf(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

function isClientError(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}
