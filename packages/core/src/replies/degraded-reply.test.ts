import { describe, expect, it, vi } from 'vitest';
import { Events } from '../events.ts';
import type { FallbackMetadata } from '../metadata.ts';
import type { RequestView } from '../request-view.ts';
import type { TierReply } from '../tiers/tier.ts';
import { type DegradedReplyOptions, degradedReply } from './degraded-reply.ts';
import type { FallbackFacts } from './fallback-metadata.ts';

const NOW = Date.UTC(2026, 10, 20, 10, 20, 12);
const CACHED_AT = Date.UTC(2026, 10, 20, 10, 15, 0);

function requestOf(headers: Record<string, string> = {}, method = 'GET'): RequestView {
  return {
    method,
    url: '/a',
    path: '/a',
    query: '',
    headers,
    rawHeaders: Object.entries(headers).flat(),
    protocol: 'http',
    certificate: undefined,
    body: undefined,
    queryObject: undefined,
    native: undefined,
  };
}

interface Given {
  level?: string;
  facts?: Partial<FallbackFacts>;
  options?: Partial<DegradedReplyOptions>;
  request?: RequestView;
}

function degrade(given: TierReply, { level = 'static', facts, options, request = requestOf() }: Given = {}) {
  const all = { reason: 'circuit_open', circuit: 'openai', retryAfterMs: 27_001, ...facts } as FallbackFacts;
  return degradedReply(request, given, level, all, { exposeHeaders: false, ...options }, NOW);
}

const cached = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }): TierReply => ({
  status: 200,
  headers,
  body: Buffer.from(body),
  cachedAt: CACHED_AT,
});
const text = (body: string | Uint8Array) => Buffer.from(body as Uint8Array).toString();
const metadata = {
  from_fallback: true,
  fallback_reason: 'circuit_open',
  fallback_level: 'static',
  circuit: 'openai',
  retry_after: 28,
};

describe('degradedReply', () => {
  it('sends a cached answer as the wire wants it', () => {
    const { reply, metadata: told } = degrade(cached('{"id":12345678901234567890}'), { level: 'l1_cache' });
    expect(told).toEqual({
      ...metadata,
      fallback_level: 'l1_cache',
      cached_at: '2026-11-20T10:15:00.000Z',
      age_seconds: 312,
    });
    expect(reply).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'brownout-fallback': 'l1_cache; reason=circuit_open; circuit="openai"; age=312',
        'cache-control': 'no-store',
        'retry-after': '28',
        age: '312',
        'cache-status': 'brownout; hit; detail=circuit_open',
      },
      body: expect.anything(),
    });
    expect(text(reply.body)).toBe(`{"id":12345678901234567890,"metadata":${JSON.stringify(told)}}`);
  });

  it('sends another answer without what only a cached one has', () => {
    const { reply, metadata: told } = degrade({ status: 202, body: { a: 1 } }, { level: 'queued' });
    expect(told).toEqual({ ...metadata, fallback_level: 'queued' });
    expect(reply).toEqual({
      status: 202,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'brownout-fallback': 'queued; reason=circuit_open; circuit="openai"',
        'cache-control': 'no-store',
        'retry-after': '28',
      },
      body: JSON.stringify({ a: 1, metadata: told }),
    });
  });

  it.each<[number | undefined, string | undefined]>([
    [0, '1'],
    [1, '1'],
    [1000, '1'],
    [1001, '2'],
    [undefined, undefined],
    [Number.NaN, undefined],
  ])('says for %j ms: Retry-After %j', (retryAfterMs, expected) => {
    const { reply, metadata: told } = degrade({ body: 'a' }, { facts: { retryAfterMs } });
    expect(reply.headers['retry-after']).toBe(expected);
    expect(told.retry_after).toBe(expected === undefined ? undefined : Number(expected));
    expect('retry_after' in told).toBe(expected !== undefined);
  });

  it.each<[string, string, number]>([
    ['90', '90', 90],
    ['Fri, 20 Nov 2026 10:30:00 GMT', 'Fri, 20 Nov 2026 10:30:00 GMT', 28],
    ['0', '28', 28],
    ['-1', '28', 28],
    ['soon', '28', 28],
  ])("takes a tier's own Retry-After %j for %j", (own, header, seconds) => {
    const { reply, metadata: told } = degrade({ headers: { 'retry-after': own, location: '/jobs/1' }, body: {} });
    expect(reply.headers['retry-after']).toBe(header);
    expect(told.retry_after).toBe(seconds);
    expect(reply.headers.location).toBe('/jobs/1');
  });

  it.each([
    ['openai', 'static', 'static; reason=circuit_open; circuit="openai"'],
    ['POST /ask "x"', 'static', 'static; reason=circuit_open; circuit="POST /ask \\"x\\""'],
    ['Übersetzer', 'my tier', '"my tier"; reason=circuit_open; circuit=%"%c3%9cbersetzer"'],
    ['a\r\nSet-Cookie: b', 'é', '%"%c3%a9"; reason=circuit_open; circuit=%"a%0d%0aSet-Cookie: b"'],
  ])('names the circuit %j and the level %j in a structured field', (circuit, level, expected) => {
    const { reply, metadata: told } = degrade({ body: {} }, { level, facts: { circuit } });
    expect(reply.headers['brownout-fallback']).toBe(expected);
    expect(told.circuit).toBe(circuit);
    expect(JSON.parse(text(reply.body)).metadata.circuit).toBe(circuit);
  });

  const odd = [undefined, null, '', 1n, Symbol('a'), {}, Object.create(null), '\ud800', () => 1];
  it.each(odd.map((value) => [typeof value, value]))('is sent whatever names it: a %s', (_, value) => {
    const facts = { reason: value, circuit: value, retryAfterMs: value } as never;
    const { reply } = degrade(cached('{"a":1}'), { level: value as never, facts });
    expect(reply.headers['brownout-fallback']).toMatch(/^[ -~]+$/);
    expect(reply.headers).not.toHaveProperty('retry-after');
    expect(JSON.parse(text(reply.body)).metadata).toMatchObject({
      circuit: expect.any(String),
      fallback_level: expect.any(String),
      fallback_reason: expect.any(String),
    });
  });

  it('is 0 seconds old when the clock was set back', () => {
    const { reply } = degrade({ ...cached('{}'), cachedAt: NOW + 5000 });
    expect(reply.headers.age).toBe('0');
  });

  it('does not replay what lets caches keep an answer', () => {
    const names = [
      'cache-control',
      'expires',
      'pragma',
      'surrogate-control',
      'cdn-cache-control',
      'cloudflare-cdn-cache-control',
      'x-accel-expires',
      'edge-control',
    ];
    const headers = { 'content-type': 'text/html', ...Object.fromEntries(names.map((name) => [name, 'max-age=60'])) };
    const { reply } = degrade(cached('<p>', headers));
    expect(reply.headers['cache-control']).toBe('no-store');
    for (const name of names.slice(1)) expect(reply.headers).not.toHaveProperty(name);
  });

  it('changes nothing that it was given', () => {
    const headers = Object.freeze({ 'content-type': 'application/json', etag: '"a"' });
    const body = Object.freeze({ a: 1, metadata: Object.freeze({ circuit: 'x', b: 2 }) });
    expect(() => degrade({ headers, body })).not.toThrow();
    const stored = cached('{"a":1}');
    const before = text(stored.body as Uint8Array);
    degrade(stored);
    degrade(stored);
    expect(text(stored.body as Uint8Array)).toBe(before);
  });
});

describe('the body of a degraded reply', () => {
  it.each(['application/json', 'application/problem+json; charset=utf-8', 'Application/Vnd.Api+JSON', 'text/json'])(
    'is tagged when it is %s',
    (type) => {
      const { reply } = degrade({ headers: { 'content-type': type }, body: '{"a":1}' });
      expect(JSON.parse(text(reply.body))).toEqual({ a: 1, metadata });
    },
  );

  it.each([
    ['text/html', '<p>{}</p>'],
    ['text/plain', '{"a":1}'],
    ['text/event-stream', 'data: {}\n\n'],
    ['application/x-ndjson', '{"a":1}\n'],
    ['application/octet-stream', '{"a":1}'],
    ['application/json', '[{"a":1}]'],
    ['application/json', '"a"'],
    ['application/json', '{"a":'],
    ['application/json', '{"metadata":"a"}'],
    ['application/json', ''],
  ])('goes out byte for byte as %s: %j', (type, body) => {
    for (const given of [body, Buffer.from(body)]) {
      const { reply } = degrade({ headers: { 'content-type': type, etag: '"a"' }, body: given, cachedAt: CACHED_AT });
      expect(reply.body).toBe(given);
      expect(reply.headers.etag).toBe('"a"');
      expect(reply.headers['brownout-fallback']).toContain('static; reason=circuit_open');
    }
  });

  it('is left alone where it is encoded', () => {
    const given = cached('{"a":1}', { 'content-type': 'application/json', 'content-encoding': 'zstd' });
    expect(degrade(given).reply.body).toBe(given.body);
  });

  it('says what it is, where the tier did not', () => {
    const typeOf = (body: TierReply['body']) => degrade({ body }).reply.headers['content-type'];
    expect(typeOf('a')).toBe('text/plain; charset=utf-8');
    expect(typeOf(Buffer.from('a'))).toBe('application/octet-stream');
    expect(typeOf({ a: 1 })).toBe('application/json; charset=utf-8');
  });

  it.each<[Record<string, unknown>, unknown]>([
    [{ a: 1 }, { a: 1, metadata }],
    [
      { metadata: { model: 'x', circuit: 'y', age_seconds: 3 }, a: 1 },
      { a: 1, metadata: { ...metadata, model: 'x' } },
    ],
    [{ metadata: undefined }, { metadata }],
    [{ metadata: null }, { metadata: null }],
    [{ metadata: [1] }, { metadata: [1] }],
    [{ metadata: 'a' }, { metadata: 'a' }],
    [{ metadata: new Date(0) }, { metadata: '1970-01-01T00:00:00.000Z' }],
    [{ toJSON: () => ({ a: 2 }) }, { a: 2, metadata }],
    [
      { a: 1, metadata: { toJSON: () => ({ b: 2 }) } },
      { a: 1, metadata: { ...metadata, b: 2 } },
    ],
  ])('merges the tag into %j', (body, expected) => {
    expect(JSON.parse(text(degrade({ body }).reply.body))).toEqual(expected);
  });

  it('loses a strong entity tag and digests when it is merged, and keeps a weak one', () => {
    const type = { 'content-type': 'application/json' };
    const strong = { ...type, etag: '"a"', 'content-digest': 'sha-256=:a:', 'content-md5': 'a' };
    const { reply } = degrade(cached('{}', strong));
    for (const name of ['etag', 'content-digest', 'content-md5']) expect(reply.headers).not.toHaveProperty(name);
    expect(degrade(cached('{}', { ...type, etag: 'W/"a"' })).reply.headers.etag).toBe('W/"a"');
    expect(degrade(cached('[]', strong)).reply.headers).toMatchObject(strong);
  });
});

describe('a conditional request for a degraded reply', () => {
  const etagged = (etag: string) => cached('{}', { 'content-type': 'application/json', etag, vary: 'Accept' });
  const ask = (etag: string, ifNoneMatch: string, method?: string) =>
    degrade(etagged(etag), { request: requestOf({ 'if-none-match': ifNoneMatch }, method) }).reply;

  it('gets 304 and the same headers for what it has', () => {
    expect(ask('"a"', '"a"')).toEqual({
      status: 304,
      headers: {
        etag: '"a"',
        vary: 'Accept',
        'brownout-fallback': 'static; reason=circuit_open; circuit="openai"; age=312',
        'cache-control': 'no-store',
        'retry-after': '28',
        age: '312',
        'cache-status': 'brownout; hit; detail=circuit_open',
      },
      body: '',
    });
  });

  it.each([
    ['W/"a"', '"a"', 304],
    ['"a"', 'W/"a"', 304],
    ['"a"', '"b", "a"', 304],
    ['"a,b"', '"x", "a,b"', 304],
    ['"a"', '"b"', 200],
    ['"a"', '*', 200],
    ['"a"', 'a', 200],
  ])('compares %s with %s: %i', (etag, ifNoneMatch, status) => {
    expect(ask(etag, ifNoneMatch).status).toBe(status);
    expect(ask(etag, ifNoneMatch, 'HEAD').status).toBe(status);
    expect(ask(etag, ifNoneMatch, 'POST').status).toBe(200);
  });

  it('gets an answer that is not cached whole', () => {
    const request = requestOf({ 'if-none-match': '"a"' });
    expect(degrade({ headers: { etag: '"a"' }, body: 'a' }, { request }).reply.status).toBe(200);
  });
});

describe('exposeHeaders', () => {
  const exposing = (given: TierReply, exposed?: string) =>
    degrade(given, { options: { exposeHeaders: true, exposed } }).reply.headers['access-control-expose-headers'];

  it('adds our headers to what is exposed', () => {
    expect(exposing(cached('{}'))).toBe('Brownout-Fallback, Retry-After, Age, Cache-Status');
    expect(exposing({ body: 'a' }, 'X-Total, retry-after')).toBe('X-Total, retry-after, Brownout-Fallback');
    expect(exposing({ body: 'a', headers: { 'access-control-expose-headers': 'X-Own' } }, 'X-Total')).toBe(
      'X-Total, X-Own, Brownout-Fallback, Retry-After',
    );
  });

  it('is off by default', () => {
    const { headers } = degrade(cached('{}'), { options: { exposed: 'X-Total' } }).reply;
    expect(headers).not.toHaveProperty('access-control-expose-headers');
  });
});

describe('tag', () => {
  it('is given the parsed body, and what it returns is sent', () => {
    const tag = vi.fn((body: unknown, { fallback_level }: { fallback_level: string }) => ({
      data: body,
      fallback_level,
    }));
    for (const given of [cached('{"a":1}'), { body: { a: 1 } }, cached('\ufeff{"a":1}')]) {
      const { reply, metadata: told } = degrade(given, { options: { tag } });
      expect(JSON.parse(text(reply.body))).toEqual({ data: { a: 1 }, fallback_level: 'static' });
      expect(tag).toHaveBeenLastCalledWith({ a: 1 }, told);
    }
    const list = degrade(cached('[1]'), { options: { tag } }).reply;
    expect(JSON.parse(text(list.body))).toEqual({ data: [1], fallback_level: 'static' });
    const strong = degrade(cached('[1]', { 'content-type': 'application/json', etag: '"a"' }), { options: { tag } });
    expect(strong.reply.headers).not.toHaveProperty('etag');
  });

  it('may change what it is given, which changes nothing else', () => {
    const tag = (body: unknown, told: FallbackMetadata) => {
      (told as { circuit: string }).circuit = 'changed';
      (body as { list: number[] }).list.push(2);
      return Object.assign(body as object, { metadata: told });
    };
    const body = Object.freeze({ list: [1] });
    for (let times = 0; times < 2; times++) {
      const { reply, metadata: told } = degrade({ body }, { options: { tag } });
      expect(JSON.parse(text(reply.body))).toMatchObject({ list: [1, 2], metadata: { circuit: 'changed' } });
      expect(told.circuit).toBe('openai');
      expect(reply.headers['brownout-fallback']).toContain('circuit="openai"');
    }
    expect(body).toEqual({ list: [1] });
  });

  it('is not asked about what is no JSON', () => {
    const tag = vi.fn();
    expect(degrade({ body: '{"a":1}' }, { options: { tag } }).reply.body).toBe('{"a":1}');
    expect(text(degrade(cached('{"a":'), { options: { tag } }).reply.body)).toBe('{"a":');
    expect(tag).not.toHaveBeenCalled();
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
    ],
    ['returns undefined', () => undefined],
    ['returns what is no JSON', () => ({ n: 1n })],
    ['promises', () => Promise.reject(new Error('oops'))],
  ])('gives way to the merging when it %s', (_, tag) => {
    const events = new Events();
    const failed = vi.fn();
    events.on('option_failed', failed);
    const { reply } = degrade(cached('{"a":1}'), { options: { tag, events } });
    expect(JSON.parse(text(reply.body))).toMatchObject({ a: 1, metadata: { from_fallback: true } });
    expect(failed).toHaveBeenCalledExactlyOnceWith({ at: NOW, option: 'tag', error: expect.any(Error) });
  });
});
