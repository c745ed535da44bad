import type { Circuit } from '../circuit/circuit.ts';
import type { Exchange } from '../exchange.ts';
import { hasLiteral, longestPath } from './learned-routes.ts';

/** More are forgotten, the oldest first. */
const mostLineups = 16;
const mostPaths = 4;

/** A route that was reached: its circuit, and which paths lead to it. */
export class KnownRoute {
  readonly circuit: Circuit;
  readonly pattern: string;
  /** Its pattern has a segment of its own: what matches it leads here, unless there is a more literal one. */
  readonly isDistinct: boolean;
  /** Its paths are remembered one by one: there is but one, or its pattern says too little of them. */
  readonly isRemembered: boolean;
  /** The lineups of paths that reached it, oldest first. */
  readonly #lineups: string[] = [];
  /** Paths that reached it, oldest first, and whose lineups nobody has needed yet. */
  #paths: string[] = [];
  #isOvertaken = false;

  constructor(circuit: Circuit, pattern: string) {
    this.circuit = circuit;
    this.pattern = pattern;
    this.isDistinct = hasLiteral(pattern);
    this.isRemembered = !this.isDistinct || !/[:*{\\]/.test(pattern);
  }

  /** A path that tells something: it was not expected to lead here, or the route has failed on it. */
  cameBy(path: string): void {
    if (path.length > longestPath || this.#paths.includes(path)) return;
    if (this.#paths.length === mostPaths) this.#paths.shift();
    this.#paths.push(path);
  }

  /** Middleware before it has answered a path of its pattern, as one that serves files does: which others, nobody can know. */
  overtaken(): void {
    this.#isOvertaken = true;
  }

  /** Whether a path with the same lineup has reached it. Asked only where a request may be refused: it costs a look at every route. */
  isReachedBy<Native>(lineup: string, exchange: Exchange<Native>): boolean {
    for (const path of this.#paths) this.#learn(lineupOf(exchange, path)?.key);
    this.#paths = [];
    return !this.#isOvertaken && this.#lineups.includes(lineup);
  }

  #learn(lineup: string | undefined): void {
    if (lineup === undefined || this.#lineups.includes(lineup)) return;
    if (this.#lineups.length === mostLineups) this.#lineups.shift();
    this.#lineups.push(lineup);
  }
}

/**
 * The routes that the host's router would ask for a path, and a key that paths share which it treats alike. A file's path is like no
 * other: middleware that serves files answers it before any route.
 */
export function lineupOf<Native>(
  exchange: Exchange<Native>,
  path: string,
): { readonly routes: readonly string[]; readonly key: string } | undefined {
  const lineup = exchange.lineup(path);
  if (lineup === undefined) return undefined;
  const { routes, mounts } = lineup;
  const isFile = path.indexOf('.', path.lastIndexOf('/')) !== -1;
  return { routes, key: [isFile, ...routes, '', ...mounts].join('\n') };
}
