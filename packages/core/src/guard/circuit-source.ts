import type { Circuit } from '../circuit/circuit.ts';
import type { CircuitMode } from '../events.ts';
import type { Exchange } from '../exchange.ts';
import { LearnedRoutes } from './routes.ts';

/** Says which circuit governs a request: at its beginning as far as that is known, and for certain once it is answered. */
export interface CircuitSource<Native> {
  guess(exchange: Exchange<Native>): Circuit | undefined;
  /** `status`: of the answer, where there is one. `undefined` as result: nothing was reached that is counted. */
  reached(exchange: Exchange<Native>, guess: Circuit | undefined, status?: number): Circuit | undefined;
  /** The pattern that a guess stands for, where it came from what was learned. */
  expected(exchange: Exchange<Native>, guess: Circuit | undefined): string | undefined;
  /** Whether the user named it: then it counts what a breaker further in lets through, too. */
  readonly named: boolean;
  /** What a degraded answer calls the circuit where there is none. */
  readonly name: string;
  /** The mode while it is not known which circuit it is. */
  readonly mode: CircuitMode;
}

/** One circuit for all. */
export class OneCircuit<Native> implements CircuitSource<Native> {
  readonly #circuit: Circuit;
  readonly named: boolean;

  constructor(circuit: Circuit, named: boolean) {
    this.#circuit = circuit;
    this.named = named;
  }

  get name(): string {
    return this.#circuit.name;
  }

  get mode(): CircuitMode {
    return this.#circuit.mode;
  }

  guess(): Circuit {
    return this.#circuit;
  }

  reached(): Circuit {
    return this.#circuit;
  }

  /** No route need be learned. */
  expected(): string {
    return '';
  }
}

/** More routes than this share the circuit of the mount. */
const mostRoutes = 1_000;

interface KnownRoute {
  readonly circuit: Circuit;
}

/** What is known of one application's routes. */
class ApplicationRoutes {
  readonly byName = new Map<string, KnownRoute>();
  readonly learned = new LearnedRoutes<KnownRoute>();
  readonly patterns = new Map<Circuit, string>();
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
    return this.#routesOf(exchange.application).patterns.get(guess);
  }

  guess(exchange: Exchange<Native>): Circuit | undefined {
    const routes = this.#routesOf(exchange.application);
    const { request, route } = exchange;
    const method = methodOf(request.method);
    const known = route === undefined ? routes.learned.find(method, request.path) : this.#known(routes, method, route);
    return known?.circuit;
  }

  reached(exchange: Exchange<Native>, guess: Circuit | undefined, status?: number): Circuit | undefined {
    const { request, route } = exchange;
    if (route === undefined && isClientError(status)) return undefined;
    const routes = this.#routesOf(exchange.application);
    const method = methodOf(request.method);
    const known = route === undefined ? this.#mount(routes, exchange) : this.#known(routes, method, route);
    // what answers before a known route is reached says nothing about where its path leads
    const isLesson = route !== undefined || guess === undefined;
    if (isLesson && known.circuit !== guess && routes.learned.find(method, request.path) !== known) {
      routes.learned.learnPath(method, request.path, known);
    }
    return known.circuit;
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
    if (routes.byName.size >= mostRoutes) {
      routes.mount ??= { circuit: this.#make('ANY /*') };
      return routes.mount;
    }
    const route = { circuit: this.#make(name) };
    routes.byName.set(name, route);
    routes.patterns.set(route.circuit, pattern);
    routes.learned.learnPattern(method, pattern, route);
    return route;
  }

  #mount(routes: ApplicationRoutes, { mountPoint }: Exchange<Native>): KnownRoute {
    routes.mount ??= { circuit: this.#make(`ANY ${mountPoint}/*`) };
    return routes.mount;
  }
}

/** HEAD is answered by GET's handlers. */
function methodOf(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

function isClientError(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}
