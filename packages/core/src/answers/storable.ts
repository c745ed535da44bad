import { streamFormatOf } from '../replies/stream-format.ts';
import { type CacheControl, directiveSeconds, parseCacheControl } from './cache-control.ts';

/** What of the request has a say in whether its answer is stored. */
export interface StoringRequest {
  readonly method: string;
  /** The tier's `key` gave it a key. */
  readonly keyed: boolean;
  /** Whether its answers are shared within a scope only. Asked for `private` answers. */
  isScoped(): boolean;
  /** Its `Cache-Control`. */
  readonly cacheControl: string | undefined;
}

/** How an answer may be stored. */
export interface Storable {
  /** How old it may be served, in milliseconds. */
  readonly maxAgeMs: number;
  /** How old it was when it came, in seconds (`Age`, RFC 9111 §5.1): it has passed other caches. */
  readonly age: number;
  /** The request headers, in lower case and in order, that it depends on. */
  readonly vary: readonly string[];
}

const refusals = ['set-cookie', 'content-range', 'brownout-fallback', 'trailer'] as const;

type AnswerHeaders = Readonly<Record<string, string | string[]>>;

/** Whether a request's answer might be stored at all, as far as the request itself can tell. */
export function maybeStored({ method, keyed, cacheControl }: StoringRequest): boolean {
  if (method !== 'GET' && (!keyed || method === 'HEAD')) return false;
  return cacheControl === undefined || !parseCacheControl(cacheControl).has('no-store');
}

/**
 * Whether an answer may be stored, by its head, and how: only a 200 that is no part (`Content-Range`), not degraded itself, sets no
 * cookie, has no trailers (which would be lost), and is not forbidden by `Cache-Control` or `Vary: *` (RFC 9111 §3, §4.2.4, §5.2; RFC 5861 §4). `wallNow` is in
 * milliseconds since the Unix epoch.
 */
export function storable(
  request: StoringRequest,
  status: number,
  headers: AnswerHeaders,
  maxAgeMs: number,
  wallNow: number,
): Storable | undefined {
  if (status !== 200 || !maybeStored(request)) return undefined;
  if (refusals.some((name) => headers[name] !== undefined)) return undefined;
  const vary = varyNames(headers.vary);
  if (vary === undefined) return undefined;

  const directives = parseCacheControl(headers['cache-control']);
  if (directives.has('no-store') || (directives.has('private') && !request.isScoped())) return undefined;
  const bound = Math.min(maxAgeMs, boundMs(directives, headers, wallNow));
  const age = ageSeconds(headers.age);
  return bound > age * 1000 ? { maxAgeMs: bound, age, vary } : undefined;
}

/** How long an answer is fresh by its own words, in seconds; `undefined` when it does not say (RFC 9111 §4.2.1). */
export function freshSeconds(directives: CacheControl, headers: AnswerHeaders, wallNow: number): number | undefined {
  const said = directiveSeconds(directives, 's-maxage') ?? directiveSeconds(directives, 'max-age');
  if (said !== undefined || headers.expires === undefined) return said;
  // RFC 9111 §5.3: what is no date, "0" above all, has expired.
  const expires = httpDate(headers.expires) ?? Number.NEGATIVE_INFINITY;
  return Math.max(0, (expires - (httpDate(headers.date) ?? wallNow)) / 1000);
}

/** `Date.parse` takes much more for a date than HTTP does, "0" for the year 2000. */
function httpDate(field: string | string[] | undefined): number | undefined {
  const text = String(field);
  const date = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}

/** The greatest age that the answer itself allows, in milliseconds. */
function boundMs(directives: CacheControl, headers: AnswerHeaders, wallNow: number): number {
  const neverStale = ['must-revalidate', 'proxy-revalidate', 's-maxage'].some((name) => directives.has(name));
  // With field names as its value `no-cache` may bind only those (RFC 9111 §5.2.2.4); a cache may take it for all. Every handler of
  // a stream of events sets it, so that proxies do not buffer: by itself it says nothing there about an outage.
  const isHabit = !neverStale && streamFormatOf(headers['content-type']) === 'events';
  if (directives.has('no-cache') && !isHabit) return 0;
  const fresh = freshSeconds(directives, headers, wallNow) ?? 0;
  if (neverStale) return fresh * 1000;
  const stale = directiveSeconds(directives, 'stale-if-error');
  return stale === undefined ? Number.POSITIVE_INFINITY : (fresh + stale) * 1000;
}

/** `undefined` for `Vary: *` (RFC 9110 §12.5.5). */
function varyNames(field: string | string[] | undefined): readonly string[] | undefined {
  if (field === undefined) return [];
  const names = new Set<string>();
  for (const part of String(field).toLowerCase().split(',')) {
    const name = part.trim();
    if (name === '*') return undefined;
    if (name !== '') names.add(name);
  }
  return [...names].sort();
}

function ageSeconds(field: string | string[] | undefined): number {
  return field !== undefined && /^\d+$/.test(String(field)) ? Number(field) : 0;
}
