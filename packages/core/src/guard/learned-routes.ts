import { LRUCache } from 'lru-cache';
import { compiledPattern } from './routes.ts';

/** Longer ones are not worth their memory. */
export const longestPath = 1_024;

interface Claim<Route> {
  readonly rank: string;
  readonly path: RegExp;
  readonly route: Route;
}

/** What a path was answered by last; `route` is `undefined` where that cannot be said. */
interface Remembered<Route> {
  readonly route: Route | undefined;
  /** It failed then, as far as that is noted. */
  hasFailed: boolean;
}

/** Patterns by their segments, as far as these are literal or one parameter. */
class Node<Route> {
  readonly literals = new Map<string, Node<Route>>();
  parameter: Node<Route> | undefined;
  /** Those that end here, or go on otherwise. */
  readonly claims: Claim<Route>[] = [];
}

/**
 * Where a path leads to, as earlier requests have shown it: exact paths, in a bounded memory, and patterns. A guess, to be
 * checked once the route is reached.
 */
export class LearnedRoutes<Route> {
  readonly #exact = new LRUCache<string, Remembered<Route>>({ max: 2_000 });
  readonly #methods = new Map<string, Node<Route>>();

  /** What this very path was answered by last. */
  recall(method: string, path: string): Remembered<Route> | undefined {
    return this.#exact.get(`${method} ${path}`);
  }

  /** A path that was guessed wrongly, or that no pattern covers, is remembered by itself. */
  learnPath(method: string, path: string, route: Route | undefined): void {
    if (path.length <= longestPath) this.#exact.set(`${method} ${path}`, { route, hasFailed: false });
  }

  /** The routes whose patterns match, the more literal first. */
  claims(method: string, path: string): readonly Route[] {
    const root = this.#methods.get(method);
    if (root === undefined) return [];
    const found: Claim<Route>[] = [];
    collect(root, path.toLowerCase(), 1, path, found);
    if (found.length > 1) found.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
    return found.map(({ route }) => route);
  }

  /** `false` for what is no pattern of this grammar, and claims nothing. */
  learnPattern(method: string, pattern: string, route: Route): boolean {
    // several patterns under one name: one that has a comma before a slash is nothing that a path can match
    const path = pattern.startsWith('/') && !pattern.includes(', /') ? compiledPattern(pattern) : undefined;
    if (path === undefined) return false;
    let node = childOf(this.#methods, method);
    for (const segment of pattern.toLowerCase().split('/').slice(1)) {
      if (segment === '') continue;
      if (isLiteral(segment)) node = childOf(node.literals, segment);
      else if (/^:[\w$]+$/.test(segment)) node = node.parameter ??= new Node();
      else break;
    }
    node.claims.push({ rank: literalness(pattern), path, route });
    return true;
  }
}

/** Whether a pattern has a segment of its own, which is not optional, so that not just any path matches it. */
export function hasLiteral(pattern: string): boolean {
  const outer = pattern.replace(/\{[^{}]*\}/g, '');
  if (outer !== pattern) return hasLiteral(outer);
  return pattern.split('/').some((segment) => segment !== '' && isLiteral(segment));
}

const isLiteral = (segment: string): boolean => !/[:*{}\\]/.test(segment);

function childOf<Route>(children: Map<string, Node<Route>>, key: string): Node<Route> {
  let child = children.get(key);
  if (child === undefined) {
    child = new Node();
    children.set(key, child);
  }
  return child;
}

/** `at`: where the next segment of `lowered` begins, which is the path in lower case. */
function collect<Route>(node: Node<Route>, lowered: string, at: number, path: string, found: Claim<Route>[]): void {
  for (const claim of node.claims) if (claim.path.test(path)) found.push(claim);
  if (at >= lowered.length) return;
  const slash = lowered.indexOf('/', at);
  const end = slash === -1 ? lowered.length : slash;
  const literal = node.literals.get(lowered.slice(at, end));
  if (literal !== undefined) collect(literal, lowered, end + 1, path, found);
  if (node.parameter !== undefined) collect(node.parameter, lowered, end + 1, path, found);
}

/** Sorts literal segments before parameters before wildcards, the first segment first. */
function literalness(pattern: string): string {
  return pattern
    .split('/')
    .map((segment) => (/[*]/.test(segment) ? 'c' : /[:{]/.test(segment) ? 'b' : 'a'))
    .join('');
}
