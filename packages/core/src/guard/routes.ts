import { LRUCache } from 'lru-cache';
import { pathToRegexp } from 'path-to-regexp';
import { OptionsError } from '../errors.ts';
import { shown } from '../options.ts';

/** A row's key is `POST /ask`, or `/ask` for every method. */
const rowKey = /^(?:([A-Z-]+) +)?(\/.*)$/;

/** The table of `routes`: which row a request falls under. The first that matches counts, in the order written. */
export class RouteTable<Row> {
  readonly #rows: { method: string | undefined; path: RegExp; row: Row }[] = [];

  /** @throws OptionsError for a key that is no pattern */
  add(key: string, row: Row): void {
    const parts = rowKey.exec(key);
    const path = parts?.[2] === undefined ? undefined : compiled(parts[2]);
    if (path === undefined) {
      throw new OptionsError(
        `Expected each key of \`routes\` to be a method and a pattern, such as \`POST /ask/:id\`, got ${shown(key)}.`,
      );
    }
    this.#rows.push({ method: parts?.[1], path, row });
  }

  find(method: string, path: string): Row | undefined {
    for (const { method: own, path: pattern, row } of this.#rows) {
      if ((own === undefined || own === method || (own === 'GET' && method === 'HEAD')) && pattern.test(path))
        return row;
    }
    return undefined;
  }
}

interface LearnedPattern<Route> {
  readonly rank: string;
  readonly method: string;
  readonly path: RegExp;
  readonly route: Route;
}

/**
 * Which route a path leads to, as earlier requests have shown it: exact paths first, in a bounded memory, then patterns, the
 * more literal first. A guess, to be checked once the route is reached.
 */
export class LearnedRoutes<Route> {
  readonly #exact = new LRUCache<string, { route: Route }>({ max: 2_000 });
  readonly #patterns: LearnedPattern<Route>[] = [];

  find(method: string, path: string): Route | undefined {
    const exact = this.#exact.get(`${method} ${path}`);
    if (exact !== undefined) return exact.route;
    return this.#patterns.find((learned) => learned.method === method && learned.path.test(path))?.route;
  }

  /** A path that was guessed wrongly, or that no pattern covers, is remembered by itself. */
  learnPath(method: string, path: string, route: Route): void {
    this.#exact.set(`${method} ${path}`, { route });
  }

  /**
   * Patterns that do not compile, and those without a literal segment (`/*rest`, `/:slug`), would claim paths that they have never
   * answered: they are not kept.
   */
  learnPattern(method: string, pattern: string, route: Route): void {
    if (!pattern.startsWith('/') || !pattern.split('/').some((segment) => /^[^:*{}]+$/.test(segment))) return;
    const path = compiled(pattern);
    if (path === undefined) return;
    const rank = literalness(pattern);
    const at = this.#patterns.findIndex((learned) => learned.rank > rank);
    this.#patterns.splice(at === -1 ? this.#patterns.length : at, 0, { rank, method, path, route });
  }
}

/** As Express and @koa/router match by default: any case, a trailing slash allowed. */
function compiled(pattern: string): RegExp | undefined {
  try {
    return pathToRegexp(pattern, { trailing: true }).regexp;
  } catch {
    return undefined; // Express 4's `*` and groups: not this grammar
  }
}

/** Sorts literal segments before parameters before wildcards, the first segment first. */
function literalness(pattern: string): string {
  return pattern
    .split('/')
    .map((segment) => (/[*]/.test(segment) ? 'c' : /[:{]/.test(segment) ? 'b' : 'a'))
    .join('');
}
