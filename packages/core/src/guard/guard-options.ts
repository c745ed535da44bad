import { type Brownout, setRule } from '../brownout.ts';
import { Circuit } from '../circuit/circuit.ts';
import type { CircuitOptions } from '../circuit/circuit-options.ts';
import { circuitOptionRules } from '../circuit/circuit-options.ts';
import { OptionsError } from '../errors.ts';
import { type FallbackMetadata, type FallbackReason, fallbackReasons } from '../metadata.ts';
import { expectOption, type OptionRules, parseOptions, rules } from '../options.ts';
import type { Tier } from '../tiers/tier.ts';
import { type DrillOptions, drillRule, parseDrill } from './drill-options.ts';

export interface StreamLimits {
  /** Silence between two chunks, in milliseconds; time blocked by a slow reader is not silence. 0 is none. @default 0 */
  readonly idleMs?: number;
  /** The whole stream, from the first byte, in milliseconds. 0 is none. @default 0 */
  readonly totalMs?: number;
}

/** What `breaker` and `guarded` take: the circuit's options, and the route's. All are optional. */
export interface BreakerOptions<Native = never> extends Omit<CircuitOptions, 'timeoutMs'> {
  /** A name, or a circuit, that routes share. @default a circuit of its own for each route, named by its pattern */
  readonly circuit?: string | Circuit;
  /** Which set of circuits. @default the process's, `brownout` */
  readonly brownout?: Brownout;
  /** From the request to the first byte of the answer, in milliseconds; 0 is none. While the request's own body arrives the deadline waits. @default 30000 */
  readonly timeoutMs?: number;
  /** Limits once bytes flow. @default none */
  readonly stream?: StreamLimits;
  /** Which reasons are answered by a tier; the others go out as they are. @default all */
  readonly degradeOn?: readonly FallbackReason[];
  /** The tiers, in order; `unavailable()` ends every list. `false`: none. @default [cachedAnswer(), contextExcerpts()] */
  readonly fallback?: readonly Tier<Native>[] | false;
  /**
   * Requests that are answered by the tiers with the reason `drill`, without the handler and without counting, while the circuit is closed:
   * a `rate` of them, and those with a secret `header`. `false`: none, in a row that would inherit it. @default none
   */
  readonly drill?: DrillOptions | false;
  /** One row for each route, by method and pattern; each has a circuit of its own and inherits the rest. `false` leaves the route alone. */
  readonly routes?: Readonly<Record<string, RouteOptions<Native> | false>>;
  /** Requests that are left alone. @default /health, /healthz, /livez, /readyz and /metrics */
  readonly skip?: (native: Native) => boolean;
  /** Adds our headers to `Access-Control-Expose-Headers`. @default false */
  readonly exposeHeaders?: boolean;
  /** Tags a body in place of the merging of `metadata`: the parsed body in, what is sent out. */
  readonly tag?: (body: unknown, metadata: FallbackMetadata) => unknown;
}

/** What a row of `routes` may say. */
export type RouteOptions<Native = never> = Omit<BreakerOptions<Native>, 'routes' | 'brownout' | 'skip'>;

const isStreamLimits = (value: unknown): boolean => rules.plainObject.test(value);

const ownRules: OptionRules<Omit<BreakerOptions, keyof CircuitOptions> & { timeoutMs?: number }> = {
  circuit: rules.rule(
    'a name (a string that is not empty) or a `Circuit`',
    (value) => rules.text.test(value) || value instanceof Circuit,
  ),
  brownout: setRule,
  timeoutMs: rules.duration,
  stream: rules.rule('a plain object with `idleMs` and `totalMs`', isStreamLimits),
  degradeOn: rules.rule(
    `an array of reasons (${fallbackReasons.join(', ')})`,
    (value) => Array.isArray(value) && value.every((reason) => fallbackReasons.includes(reason as FallbackReason)),
  ),
  fallback: rules.or(
    rules.array,
    rules.rule('false', (value) => value === false),
  ),
  drill: drillRule,
  routes: rules.plainObject,
  skip: rules.fn,
  exposeHeaders: rules.boolean,
  tag: rules.fn,
};

export const breakerRules = { ...circuitOptionRules, ...ownRules };
const streamRules: OptionRules<StreamLimits> = { idleMs: rules.duration, totalMs: rules.duration };
const notInRows = ['routes', 'brownout', 'skip'] as const;

/** The options of a breaker, or of a row, checked and copied; what is the circuit's is apart. */
export interface ParsedOptions<Native> {
  readonly own: Omit<BreakerOptions<Native>, keyof CircuitOptions> & { readonly timeoutMs?: number };
  readonly ofCircuit: Omit<CircuitOptions, 'timeoutMs'>;
}

/** @throws OptionsError */
export function parseBreakerOptions<Native>(of: string, given: unknown): ParsedOptions<Native> {
  const parsed = parseOptions<BreakerOptions<Native>>(of, given, breakerRules as OptionRules<BreakerOptions<Native>>);
  if (parsed.stream !== undefined) parseOptions('stream', parsed.stream, streamRules);
  for (const name of ['degradeOn', 'tag', 'exposeHeaders'] as const) {
    if (parsed.fallback === false && parsed[name] !== undefined) {
      throw new OptionsError(
        `\`${name}\` is about what tiers answer, and \`fallback: false\` says that there are none.`,
      );
    }
  }
  expectDrilled(parsed, parsed);
  if (parsed.drill) parseDrill(parsed.drill);
  const own: Record<string, unknown> = {};
  const ofCircuit: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parsed)) (name in ownRules ? own : ofCircuit)[name] = value;
  if (parsed.circuit instanceof Circuit && Object.keys(ofCircuit).length > 0) {
    throw new OptionsError(
      `\`circuit\` is a \`Circuit\` that is made already, so \`${Object.keys(ofCircuit)[0]}\` would change nothing; give it where the circuit is made.`,
    );
  }
  return { own, ofCircuit } as ParsedOptions<Native>;
}

/** The options of a row: what it says, over what it inherits; a circuit of its own unless it names one. @throws OptionsError */
export function parseRow<Native>(
  key: string,
  given: unknown,
  inherited: ParsedOptions<Native>,
): ParsedOptions<Native> | false {
  if (given === false) return false;
  expectOption(
    `routes['${key}']`,
    given,
    rules.or(
      rules.plainObject,
      rules.rule('false', () => false),
    ),
  );
  for (const name of notInRows) {
    if (Object.hasOwn(given as object, name)) {
      throw new OptionsError(`\`${name}\` belongs to the whole breaker, not to the row \`${key}\` of \`routes\`.`);
    }
  }
  const row = parseBreakerOptions<Native>(`routes['${key}']`, given);
  const { circuit: _shared, routes: _table, ...rest } = inherited.own;
  const own = { ...rest, ...row.own };
  expectDrilled(row.own, own);
  return { own, ofCircuit: { ...inherited.ofCircuit, ...row.ofCircuit } };
}

/** Whoever says `drill` wants tiers that answer it. One that is inherited changes nothing where there are none. */
function expectDrilled(
  { drill }: Pick<BreakerOptions, 'drill'>,
  { fallback, degradeOn }: Pick<BreakerOptions<never>, 'fallback' | 'degradeOn'>,
): void {
  if (!drill) return;
  if (fallback === false)
    throw new OptionsError('`drill` tries the tiers, and `fallback: false` says that there are none.');
  if (degradeOn !== undefined && !degradeOn.includes('drill'))
    throw new OptionsError('`drill` requires the reason `drill` in `degradeOn`: no tier would answer.');
}
