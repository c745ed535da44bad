import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Call, hosts } from './hosts.ts';
import { type Asked, outage, type Scene } from './outage.ts';

const json = { fine: true };
const asText =
  (text: string, headers: Record<string, string> = {}) =>
  (call: Call) =>
    call.send(200, text, { 'content-type': 'text/plain', ...headers });
const asJson =
  (headers: Record<string, string> = {}) =>
  (call: Call) =>
    call.send(200, json, headers);
const bearer = { authorization: 'Bearer a' };

describe.each(hosts)('Stored answers, $name', (host) => {
  describe('what is never stored', () => {
    it.each<[string, (call: Call) => unknown, Asked?, Scene?]>([
      ['an answer that says `no-store`', asJson({ 'cache-control': 'no-store' })],
      ['one that says so among other words', asJson({ 'cache-control': 'max-age=60, No-Store' })],
      ['a `private` answer without a scope', asJson({ 'cache-control': 'private, max-age=60' })],
      ['`no-cache`', asJson({ 'cache-control': 'no-cache' })],
      ['`no-cache` with field names', asJson({ 'cache-control': 'no-cache="set-cookie"' })],
      ['`must-revalidate` without a lifetime', asJson({ 'cache-control': 'must-revalidate' })],
      ['`s-maxage=0`', asJson({ 'cache-control': 's-maxage=0, max-age=60' })],
      ['`Vary: *`', asJson({ vary: '*' })],
      ['`Vary: *` of earlier middleware', asJson(), {}, { before: ({ res }) => res.setHeader('Vary', '*') }],
      [
        '`no-store` of earlier middleware',
        asJson(),
        {},
        { before: ({ res }) => res.setHeader('Cache-Control', 'no-store') },
      ],
      [
        'an answer whose handler sets a cookie',
        (call) => {
          call.res.setHeader('Set-Cookie', ['session=1', 'theme=dark']);
          call.send(200, json);
        },
      ],
      [
        'one whose handler adds a cookie to that of earlier middleware',
        (call) => {
          call.res.setHeader('Set-Cookie', [...[call.res.getHeader('Set-Cookie') as string], 'session=1']);
          call.send(200, json);
        },
        {},
        { before: ({ res }) => res.setHeader('Set-Cookie', 'visit=1') },
      ],
      [
        'one that sets its cookie in `writeHead`',
        ({ res }) => {
          res.writeHead(200, { 'content-type': 'application/json', 'Set-Cookie': 'session=1' }).end('{}');
          return new Promise(() => {});
        },
      ],
      ['a 201', (call) => call.send(201, json)],
      ['a 203', (call) => call.send(203, json)],
      ['a 206', (call) => call.send(206, 'ab', { 'content-range': 'bytes 0-1/4' })],
      ['a 200 with a `Content-Range`', asText('ab', { 'content-range': 'bytes 0-1/4' })],
      ['a 404', (call) => call.send(404, json)],
      ['a redirect', (call) => call.send(302, '', { location: '/b' })],
      ['an answer to a request that says `no-store`', asJson(), { headers: { 'cache-control': 'no-store' } }],
      ['an answer to a POST', asJson(), { method: 'POST', body: { question: 1 } }],
      [
        'an answer with trailers',
        ({ res }) => {
          res.writeHead(200, { 'content-type': 'text/plain', trailer: 'X-Sum' });
          res.write('whole');
          res.addTrailers({ 'X-Sum': '5' });
          res.end();
          return new Promise(() => {});
        },
      ],
      ['JSON that is cut short', asText('{"a":', { 'content-type': 'application/json' })],
      ['one byte more than the store takes', asText('x'.repeat(101)), {}, { store: { maxEntryBytes: 100 } }],
      [
        'a stream that is longer than the store takes',
        (call) => call.send(200, Readable.from(['x'.repeat(60), 'x'.repeat(60)]), { 'content-type': 'text/plain' }),
        {},
        { store: { maxEntryBytes: 100 } },
      ],
      [
        'what another cache has kept for longer than we may',
        asJson({ age: '100000' }),
        {},
        { cache: { maxAgeMs: 60_000 } },
      ],
      ['anything where `maxAgeMs` is 0', asJson(), {}, { cache: { maxAgeMs: 0 } }],
    ])('is %s', async (_, handler, asked = {}, scene = {}) => {
      const { ask, begin } = await outage(host, handler, scene);
      expect((await ask(asked)).level).toBeUndefined();
      begin();
      const { 'cache-control': __, ...headers } = (asked.headers ?? {}) as Record<string, string>;
      expect((await ask({ ...asked, headers })).level).toBe('unavailable');
      expect((await ask()).level).toBe('unavailable');
    });
  });

  describe('what is stored', () => {
    it.each<[string, (call: Call) => unknown, Asked?, Scene?]>([
      ['a whole 200', asJson()],
      ['exactly as many bytes as the store takes', asText('x'.repeat(100)), {}, { store: { maxEntryBytes: 100 } }],
      ['a `private` answer within a scope', asJson({ 'cache-control': 'private' }), { headers: bearer }],
      [
        'a `private` answer where `scope` tells who asks',
        asJson({ 'cache-control': 'private' }),
        {},
        { cache: { scope: () => 7 } },
      ],
      ['`must-revalidate` while it is fresh', asJson({ 'cache-control': 'max-age=60, must-revalidate' })],
      ['an answer to a reload', asJson(), { headers: { 'cache-control': 'no-cache', pragma: 'no-cache' } }],
      [
        'an answer to a POST with a key',
        asJson(),
        { method: 'POST', body: { question: 1 } },
        { cache: { key: () => 'k' } },
      ],
      ['an empty body', asText('')],
      [
        'bytes',
        (call) => call.send(200, Buffer.from([0, 255, 10, 13, 0]), { 'content-type': 'application/octet-stream' }),
      ],
      [
        'text in another charset',
        (call) => call.send(200, Buffer.from([0xe9]), { 'content-type': 'text/plain; charset=iso-8859-1' }),
      ],
      ['a stream', (call) => call.send(200, Readable.from(['one ', 'two']), { 'content-type': 'text/plain' })],
      [
        'a stream of events',
        (call) =>
          call.send(200, Readable.from(['data: 1\n\n', 'data: 2\n\n']), { 'content-type': 'text/event-stream' }),
      ],
      [
        'what is written piece by piece, each in its coding',
        ({ res }) => {
          res.writeHead(200, { 'content-type': 'text/plain' });
          res.write('6f6e65', 'hex');
          res.write(Buffer.from(' two '));
          res.end('thrée', 'latin1');
          return new Promise(() => {});
        },
      ],
      [
        'what comes after 1xx',
        ({ res, ...call }) => {
          res.writeEarlyHints({ link: '</s.css>; rel=preload' });
          call.send(200, json);
        },
      ],
    ])('is %s, to the byte', async (_, handler, asked = {}, scene = {}) => {
      const { ask, begin } = await outage(host, handler, scene);
      const fresh = await ask(asked);
      expect(fresh.status).toBe(200);
      begin();
      const cached = await ask(asked);
      expect([cached.status, cached.level]).toEqual([200, 'l1_cache']);
      expect(cached.headers['content-type']).toBe(fresh.headers['content-type']);
      if (fresh.headers['content-type']?.includes('json')) expect(cached.json).toMatchObject(fresh.json as object);
      else expect(cached.bytes).toEqual(fresh.bytes);
    });
  });

  it('keeps an answer without the cookie of earlier middleware, which each request gets its own of', async () => {
    let visits = 0;
    const { ask, begin } = await outage(host, asJson(), {
      before: ({ res }) => res.setHeader('Set-Cookie', `visit=${++visits}`),
    });
    expect((await ask()).headers['set-cookie']).toEqual(['visit=1']);
    begin();
    const cached = await ask();
    expect(cached.level).toBe('l1_cache');
    expect(cached.headers['set-cookie']).toEqual(['visit=2']);
  });

  it('is bounded by the age that the answer allows', async () => {
    const { ask, begin, pass } = await outage(host, (call) => {
      const said = new URL(call.req.url!, 'http://x').searchParams.get('say')!;
      call.send(200, json, { 'cache-control': said });
    });
    const bounds = {
      'max-age=10, stale-if-error=20': 30,
      'max-age=10, must-revalidate': 10,
      's-maxage=5, max-age=10': 5,
      'stale-if-error=3': 3,
      'max-age=10, proxy-revalidate': 10,
    };
    const path = (said: string) => `/a?say=${encodeURIComponent(said)}`;
    for (const said of Object.keys(bounds)) await ask({ path: path(said) });
    begin();
    for (let second = 0; second <= 31; second++) {
      const alive = Object.entries(bounds).filter(([, bound]) => second <= bound);
      for (const [said] of alive) expect([said, (await ask({ path: path(said) })).level]).toEqual([said, 'l1_cache']);
      pass(1);
      for (const [said, bound] of alive)
        if (second === bound) expect([said, (await ask({ path: path(said) })).level]).toEqual([said, 'unavailable']);
      pass(999);
    }
  });

  it('serves nothing older than `maxAgeMs`', async () => {
    const { ask, begin, pass } = await outage(host, asJson(), { cache: { maxAgeMs: 60_000 } });
    await ask();
    begin();
    pass(60_000);
    expect((await ask()).headers.age).toBe('60');
    pass(1);
    expect((await ask()).level).toBe('unavailable');
  });

  it('drives out the least recently used where entries or bytes run out', async () => {
    const echo = (call: Call) => call.send(200, `${call.req.url!.padEnd(100, ' ')}`, { 'content-type': 'text/plain' });
    for (const store of [{ maxEntries: 2 }, { maxBytes: 400, maxEntryBytes: 100 }]) {
      const { ask, begin } = await outage(host, echo, { store });
      for (const path of ['/a?1', '/a?2', '/a?3', '/a?4']) await ask({ path });
      begin();
      expect((await ask({ path: '/a?1' })).level).toBe('unavailable');
      expect((await ask({ path: '/a?4' })).level).toBe('l1_cache');
    }
  });
});
