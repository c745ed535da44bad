import { type OutgoingHttpHeader, OutgoingMessage, type ServerResponse } from 'node:http';

/** Header values by lower-case name. */
export type HeaderValues = Record<string, string | string[]>;

/** A value for one response alone: `appendHeader` grows a list in place. */
export const ownValue = (value: string | string[]): string | string[] =>
  typeof value === 'string' ? value : value.slice();

/** A header as it stands on a response: its lower-case name, its name as it was set, and its value. */
export type StandingHeader = readonly [key: string, name: string, value: OutgoingHttpHeader];

/** Names as they were set, and values, by lower-case name. */
type SetHeaders = Record<string, readonly [name: string, value: OutgoingHttpHeader]>;

const none: readonly StandingHeader[] = [];

/**
 * Where Node keeps them in just this form: asking it for names and for values costs three times as much for each request. `undefined`
 * where it does so no more.
 */
const kOutHeaders = Object.getOwnPropertySymbols(new OutgoingMessage()).find(
  ({ description }) => description === 'kOutHeaders',
);

/**
 * The headers that stand on a response now, copied: `appendHeader` changes them in place. A list: an object of
 * them costs up to five times as much.
 */
export function snapshotHeaders(res: ServerResponse): readonly StandingHeader[] {
  const set = outHeaders(res);
  if (set === null) return none;
  const keys = Object.keys(set);
  const standing = new Array<StandingHeader>(keys.length);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    const { 0: name, 1: value } = set[key]!;
    standing[at] = [key, name, Array.isArray(value) ? value.slice() : value];
  }
  return standing;
}

function outHeaders(res: ServerResponse): SetHeaders | null {
  const set = kOutHeaders && (res as unknown as Record<symbol, SetHeaders | null | undefined>)[kOutHeaders];
  if (set !== undefined) return set;
  // HTTP/2 keeps them otherwise, and knows no case
  return Object.fromEntries(res.getHeaderNames().map((name) => [name, [name, res.getHeader(name)!]]));
}

/** Said by earlier middleware they are about this answer, too: whether it may be kept, for whom, and what its bytes are. */
const binding = ['cache-control', 'vary', 'content-range', 'content-encoding', 'trailer'];

/**
 * What stands on the response, or was given to `writeHead`, and did not stand there `before`; and what binds every cache,
 * whoever said it.
 */
export function headersSince(
  res: ServerResponse,
  before: readonly StandingHeader[],
  headArguments: readonly unknown[],
): HeaderValues {
  const own = Object.create(null) as HeaderValues; // names may be anything
  const now = res.getHeaders();
  for (const name in now) {
    const value = now[name];
    const earlier = before.find(([key]) => key === name)?.[2];
    if (value !== undefined && (!same(value, earlier) || binding.includes(name))) own[name] = text(value);
  }
  const given = headersGiven(headArguments);
  for (const [name, value] of headerPairs(given)) {
    const key = name.toLowerCase();
    const earlier = own[key];
    const repeated = Array.isArray(given) && earlier !== undefined && now[key] === undefined;
    own[key] = repeated ? [earlier, text(value)].flat() : text(value);
  }
  return own;
}

/** The headers among the arguments of `writeHead`. */
function headersGiven(headArguments: readonly unknown[]): unknown {
  return headArguments[2] ?? (typeof headArguments[1] === 'string' ? undefined : headArguments[1]);
}

/** The value of a header among the arguments of `writeHead`. */
export function headerGiven(headArguments: readonly unknown[], name: string): unknown {
  if (headArguments.length < 2) return undefined;
  for (const [own, value] of headerPairs(headersGiven(headArguments))) if (own.toLowerCase() === name) return value;
  return undefined;
}

/** The forms that `writeHead` takes: an object, a flat array of names and values, an array of pairs. */
function* headerPairs(given: unknown): Generator<[string, unknown]> {
  if (Array.isArray(given)) {
    if (Array.isArray(given[0])) {
      // Node throws on what is no pair
      for (const pair of given) if (Array.isArray(pair)) yield [String(pair[0]), pair[1]];
    } else for (let at = 0; at + 1 < given.length; at += 2) yield [String(given[at]), given[at + 1]];
  } else if (typeof given === 'object' && given !== null) {
    for (const [name, value] of Object.entries(given)) if (value !== undefined) yield [name, value];
  }
}

function text(value: unknown): string | string[] {
  return Array.isArray(value) ? value.map(String) : String(value);
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((value, at) => value === b[at]);
  return a === b;
}
