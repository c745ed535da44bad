import { Attempt } from './attempt.ts';
import { type Brownout, brownout as processDefault } from './brownout.ts';
import { Circuit } from './circuit/circuit.ts';
import { type CircuitSource, OneCircuit, RouteCircuits } from './circuit-source.ts';
import { systemClock } from './clock.ts';
import type { Exchange } from './exchange.ts';
import { type BreakerOptions, type ParsedOptions, parseBreakerOptions, parseRow } from './guard-options.ts';
import { Policy } from './policy.ts';
import { RouteTable } from './routes.ts';
import type { TierSite } from './tiers/tier.ts';

/** How a request is guarded, and by which circuit. */
interface Guarded<Native> {
  readonly policy: Policy<Native>;
  readonly circuits: CircuitSource<Native>;
}

const probes: ReadonlySet<string> = new Set(['/health', '/healthz', '/livez', '/readyz', '/metrics']);

/** What `breaker` and `guarded` of every adapter are made of: the options, checked once, and an attempt for each request. */
export class Guard<Native> {
  readonly #everyRoute: Guarded<Native>;
  readonly #table: RouteTable<Guarded<Native> | false> | undefined;
  readonly #skip: ((native: Native) => boolean) | undefined;
  readonly #site: TierSite;

  /** @throws OptionsError */
  constructor(of: string, options: BreakerOptions<Native> | undefined) {
    const parsed = parseBreakerOptions<Native>(of, options);
    const set = parsed.own.brownout ?? processDefault;
    this.#skip = parsed.own.skip;
    this.#site = {
      clock: parsed.ofCircuit.clock ?? systemClock,
      events: set.events,
      get answers() {
        return set.answers;
      },
    };
    const rows = Object.entries(parsed.own.routes ?? {});
    if (rows.length > 0) this.#table = new RouteTable();
    for (const [key, given] of rows) {
      const row = parseRow(key, given, parsed);
      this.#table!.add(key, row && guarded(row, set, key));
    }
    this.#everyRoute = guarded(parsed, set);
  }

  /** The attempt for a request; the adapter puts it where the handler finds it, and starts it. */
  attempt(exchange: Exchange<Native>): Attempt<Native> {
    const row = this.#table?.find(exchange.request.method, exchange.mountedPath);
    const { policy, circuits } = row || this.#everyRoute;
    const aside = row === false || this.#skips(exchange);
    return new Attempt(policy, exchange, circuits, this.#site, aside);
  }

  #skips(exchange: Exchange<Native>): boolean {
    const { request } = exchange;
    if (request.method === 'OPTIONS' && exchange.route === undefined) return true;
    if (this.#skip === undefined) return probes.has(request.path);
    try {
      return this.#skip(request.native) === true;
    } catch (error) {
      this.#site.events.emit('option_failed', { at: this.#site.clock.wall(), option: 'skip', error });
      return false;
    }
  }
}

/** `row`: the key of a row of the table, which has a circuit of its own unless it names one. */
function guarded<Native>(parsed: ParsedOptions<Native>, set: Brownout, row?: string): Guarded<Native> {
  const policy = new Policy(parsed);
  const { ofCircuit } = parsed;
  const { circuit } = parsed.own;
  const derived = { probeLeaseMs: 2 * policy.timeoutMs || 60_000 };
  if (circuit instanceof Circuit) return { policy, circuits: new OneCircuit(circuit, true) };
  if (circuit !== undefined) {
    return { policy, circuits: new OneCircuit(set.circuit(circuit, ofCircuit, derived), true) };
  }
  if (row !== undefined) {
    return { policy, circuits: new OneCircuit(set.ownCircuit(row, ofCircuit, derived), false) };
  }
  set.expectOptions(ofCircuit);
  return { policy, circuits: new RouteCircuits((name) => set.ownCircuit(name, ofCircuit, derived)) };
}
