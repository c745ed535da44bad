import { describe, expect, it } from 'vitest';
import { maybeStored, type StoringRequest, storable } from './storable.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 20, 10, 0, 0);
const request = (more: Partial<StoringRequest> = {}): StoringRequest => ({
  method: 'GET',
  keyed: false,
  isScoped: () => false,
  cacheControl: undefined,
  ...more,
});
const ofHeaders = (headers: Record<string, string | string[]>, more: Partial<StoringRequest> = {}) =>
  storable(request(more), 200, headers, HOUR_MS, NOW);
const maxAge = (cacheControl: string | string[]) => ofHeaders({ 'cache-control': cacheControl })?.maxAgeMs;

describe('storable', () => {
  it('stores a 200 to GET for the age of the tier', () => {
    expect(ofHeaders({ 'content-type': 'application/json' })).toEqual({ maxAgeMs: HOUR_MS, age: 0, vary: [] });
  });

  it.each([201, 203, 204, 206, 301, 304, 404, 500])('stores no %i', (status) => {
    expect(storable(request(), status, {}, HOUR_MS, NOW)).toBeUndefined();
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])('stores %s with a key only', (method) => {
    expect(ofHeaders({}, { method })).toBeUndefined();
    expect(ofHeaders({}, { method, keyed: true })).toBeDefined();
  });

  it('stores no HEAD, which has no body', () => {
    expect(ofHeaders({}, { method: 'HEAD' })).toBeUndefined();
    expect(ofHeaders({}, { method: 'HEAD', keyed: true })).toBeUndefined();
  });

  it.each([
    { 'cache-control': 'no-store' },
    { 'cache-control': 'max-age=60, No-Store' },
    { 'cache-control': ['max-age=60', 'no-store'] },
    { 'cache-control': 'no-cache' },
    { 'cache-control': 'no-cache="set-cookie"' },
    { 'cache-control': 'max-age=60, no-cache' },
    { 'cache-control': 'must-revalidate' },
    { 'cache-control': 'max-age=0, must-revalidate' },
    { 'cache-control': 'proxy-revalidate' },
    { 'cache-control': 's-maxage=0' },
    { 'cache-control': 'stale-if-error=0' },
    { 'cache-control': 'must-revalidate, stale-if-error=600' },
    { vary: '*' },
    { vary: 'Accept, *' },
    { vary: ['Accept', '*'] },
    { 'set-cookie': 'a=b' },
    { 'set-cookie': ['a=b'] },
    { 'content-range': 'bytes 0-1/2' },
    { 'brownout-fallback': 'l1_cache; reason=failure; circuit="a"' },
  ])('does not store an answer with %j', (headers) => {
    expect(ofHeaders(headers as Record<string, string | string[]>, { isScoped: () => true })).toBeUndefined();
  });

  it('stores a stream of events with the `no-cache` that keeps proxies from buffering it, and with nothing stricter', () => {
    const events = (cacheControl: string, contentType = 'text/event-stream') =>
      ofHeaders({ 'content-type': contentType, 'cache-control': cacheControl })?.maxAgeMs;
    expect(events('no-cache')).toBe(HOUR_MS);
    expect(events('no-cache, no-transform', 'Text/Event-Stream; charset=utf-8')).toBe(HOUR_MS);
    expect(events('no-cache, max-age=0, stale-if-error=600')).toBe(600_000);
    for (const stricter of ['no-store', 'private', 'must-revalidate', 'max-age=60, proxy-revalidate', 's-maxage=60'])
      expect(events(`no-cache, ${stricter}`)).toBeUndefined();
    for (const other of ['application/x-ndjson', 'text/plain', 'text/event-stream-v2'])
      expect(events('no-cache', other)).toBeUndefined();
  });

  it('stores what is private within a scope only', () => {
    for (const field of ['private', 'PRIVATE, max-age=60', 'private="x-name"']) {
      expect(ofHeaders({ 'cache-control': field })).toBeUndefined();
      expect(ofHeaders({ 'cache-control': field }, { isScoped: () => true })).toBeDefined();
    }
  });

  it('obeys a request that asks not to be stored, and no other word of it', () => {
    expect(ofHeaders({}, { cacheControl: 'no-store' })).toBeUndefined();
    expect(ofHeaders({}, { cacheControl: 'max-age=0, NO-STORE' })).toBeUndefined();
    expect(ofHeaders({}, { cacheControl: 'no-cache' })).toBeDefined();
    expect(ofHeaders({}, { cacheControl: 'max-age=0' })).toBeDefined();
    expect(maybeStored(request({ cacheControl: 'no-store' }))).toBe(false);
  });

  it.each([
    ['max-age=60', HOUR_MS],
    ['max-age=0', HOUR_MS],
    ['public, max-age=60, stale-while-revalidate=5', HOUR_MS],
    ['must-revalidate, max-age=60', 60_000],
    ['proxy-revalidate, max-age=60', 60_000],
    ['s-maxage=60', 60_000],
    ['s-maxage=60, max-age=600', 60_000],
    ['s-maxage=60, stale-if-error=600', 60_000],
    ['stale-if-error=60', 60_000],
    ['max-age=60, stale-if-error=60', 120_000],
    ['max-age=60, stale-if-error=99999999', HOUR_MS],
    ['must-revalidate, max-age=99999999', HOUR_MS],
    ['must-revalidate, max-age=60, max-age=30', 30_000],
  ])('serves %j no longer than it allows', (field, expected) => {
    expect(maxAge(field)).toBe(expected);
  });

  it('reckons with Expires where there is no max-age (RFC 9111 §4.2.1)', () => {
    const inAMinute = new Date(NOW + 60_000).toUTCString();
    const anHourAgo = new Date(NOW - HOUR_MS).toUTCString();
    const cacheControl = 'must-revalidate';
    const of = (headers: Record<string, string>) => ofHeaders({ 'cache-control': cacheControl, ...headers })?.maxAgeMs;
    expect(of({ expires: inAMinute })).toBe(60_000);
    expect(of({ expires: inAMinute, date: anHourAgo })).toBe(HOUR_MS);
    expect(of({ expires: anHourAgo })).toBeUndefined();
    expect(of({ expires: '0' })).toBeUndefined();
    expect(of({ expires: '2050' })).toBeUndefined();
    expect(of({ expires: inAMinute, 'cache-control': 'must-revalidate, max-age=5' })).toBe(5000);
  });

  it('counts the age that an answer has from other caches', () => {
    expect(ofHeaders({ age: '30' })?.age).toBe(30);
    expect(ofHeaders({ age: '-3' })?.age).toBe(0);
    expect(ofHeaders({ age: 'x' })?.age).toBe(0);
    expect(ofHeaders({ age: '60', 'cache-control': 's-maxage=60' })).toBeUndefined();
    expect(ofHeaders({ age: '59', 'cache-control': 's-maxage=60' })).toBeDefined();
  });

  it('names the headers that the answer varies by once, in order', () => {
    expect(ofHeaders({ vary: 'Origin, accept-language,ORIGIN' })?.vary).toEqual(['accept-language', 'origin']);
    expect(ofHeaders({ vary: ['B', 'a'] })?.vary).toEqual(['a', 'b']);
    expect(ofHeaders({ vary: '' })?.vary).toEqual([]);
  });

  it('stores nothing for a tier that keeps nothing', () => {
    expect(storable(request(), 200, {}, 0, NOW)).toBeUndefined();
  });
});
