import { type Brownout, brownout as processDefault } from '../brownout.ts';
import { Circuit } from '../circuit/circuit.ts';
import type { Exchange } from '../exchange.ts';
import type { TierSite } from '../tiers/tier.ts';
import { Attempt } from './attempt.ts';
import { AttemptInContext } from './attempt-in-context.ts';
import { type CircuitSource, OneCircuit } from './circuit-source.ts';
import { Deadlines } from './deadlines.ts';
import { Drill } from './drill.ts';
import { parseDrill } from './drill-options.ts';
import { Fallbacks } from './fallbacks.ts';
import { type BreakerOptions, type ParsedOptions, parseBreakerOptions, parseRow } from './guard-options.ts';
import type { GuardedAttempt } from './guarded-attempt.ts';
import type { Policy } from './policy.ts';
import { RouteCircuits } from './route-circuits.ts';
import { RouteTable } from './routes.ts';

const probes: ReadonlySet<string> = new Set(['/health', '/healthz', '/livez', '/readyz', '/metrics']);

/** What `breaker` and `guarded` of every adapter are made of: the options, checked once, and an attempt for each request. */
export class Guard<Native> {
  readonly #everyRoute: Policy<Native>;
  readonly #table: RouteTable<Policy<Native> | false> | undefined;
  readonly #skip: ((native: Native) => boolean) | undefined;
  readonly #site: TierSite;

  /** @throws OptionsError */
  constructor(of: string, options: BreakerOptions<Native> | undefined) {
    const parsed = parseBreakerOptions<Native>(of, options);
    const set = parsed.own.brownout ?? processDefault;
    this.#skip = parsed.own.skip;
    this.#site = {
      clock: parsed.ofCircuit.clock ?? set.clock,
      events: set.events,
      get answers() {
        return set.answers;
      },
    };
    const rows = Object.entries(parsed.own.routes ?? {});
    if (rows.length > 0) this.#table = new RouteTable();
    for (const [key, given] of rows) {
      const row = parseRow(key, given, parsed);
      this.#table!.add(key, row && policy(row, set, this.#site, key));
    }
    this.#everyRoute = policy(parsed, set, this.#site);
  }

  /** The attempt for a request; the adapter puts it where the handler finds it, and starts it. */
  attempt(exchange: Exchange<Native>): GuardedAttempt {
    const row = this.#table?.find(exchange.request.method, exchange.mountedPath);
    const aside = row === false || this.#skips(exchange);
    const policy = row || this.#everyRoute;
    const context = this.#site.events.context();
    if (context === undefined) return new Attempt(policy, exchange, this.#site, aside);
    return new AttemptInContext(policy, exchange, this.#site, aside, context);
  }

  #skips(exchange: Exchange<Native>): boolean {
    const { request } = exchange;
    if (request.method === 'OPTIONS' && exchange.route === undefined) return true;
    if (this.#skip === undefined) return probes.has(request.path);
    try {
      const answer: unknown = this.#skip(request.native);
      if (answer instanceof Promise) answer.catch(() => {}); // nothing is awaited: it skips nothing
      return answer === true;
    } catch (error) {
      this.#site.events.emit('option_failed', { at: this.#site.clock.wall(), option: 'skip', error });
      return false;
    }
  }
}

/** `row`: the key of a row of the table, which has a circuit of its own unless it names one. */
function policy<Native>(parsed: ParsedOptions<Native>, set: Brownout, site: TierSite, row?: string): Policy<Native> {
  const { timeoutMs = 30_000, stream: { idleMs = 0, totalMs = 0 } = {} } = parsed.own;
  const fallbacks = new Fallbacks(parsed, site);
  const deadlines = timeoutMs > 0 ? new Deadlines(timeoutMs) : undefined;
  const drill = fallbacks.answer('drill') ? drillOf(parsed, set) : undefined;
  const circuits = circuitSource(parsed, set, timeoutMs, row);
  return { timeoutMs, deadlines, idleMs, totalMs, fallbacks, drill, circuits };
}

function drillOf<Native>({ own: { drill }, ofCircuit }: ParsedOptions<Native>, set: Brownout): Drill | undefined {
  return drill ? new Drill(parseDrill(drill), ofCircuit.random ?? set.random) : undefined;
}

function circuitSource<Native>(
  { own: { circuit }, ofCircuit }: ParsedOptions<Native>,
  set: Brownout,
  timeoutMs: number,
  row: string | undefined,
): CircuitSource<Native> {
  const derived = { probeLeaseMs: 2 * timeoutMs || 60_000 };
  if (circuit instanceof Circuit) return new OneCircuit(circuit, true);
  if (circuit !== undefined) return new OneCircuit(set.circuit(circuit, ofCircuit, derived), true);
  if (row !== undefined) return new OneCircuit(set.ownCircuit(row, ofCircuit, derived), false);
  const mode = set.expectOptions(ofCircuit);
  return new RouteCircuits((name) => set.learnedCircuit(name, ofCircuit, derived), mode);
}
