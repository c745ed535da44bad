import { cachedAnswer, createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, hosts } from './hosts.ts';
import { type Asked, ask, outage, type Scene } from './outage.ts';
import { useServers } from './servers.ts';

const serve = useServers();

/** Shows whatever of a request a careless application might show. */
const shows = (call: Call) => call.send(200, { headers: call.req.headers, url: call.req.url });

describe.each(hosts)('An attack on the stored answers of $name', (host) => {
  it.each([
    ...['X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Prefix', 'X-Forwarded-Port', 'X-Forwarded-Scheme'],
    ...['X-Forwarded-Server', 'X-Forwarded-SSL', 'X-Forwarded-Protocol', 'X-Url-Scheme', 'Front-End-Https'],
    ...['X-Scheme', 'CF-Visitor', 'X-Arr-SSL', 'X-Host', 'X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override'],
  ])('by what %s says does not reach others, with a scope of their own or without', async (name) => {
    for (const cache of [{}, { scope: () => 'all' }]) {
      const isOurs = name.includes('Forwarded') || /scheme|visitor|arr|https/i.test(name);
      if ('scope' in cache && !isOurs) continue; // then it is for who gave the scope to say
      const { ask, begin } = await outage(host, shows, { cache });
      await ask({ headers: { [name]: 'evil.example' } });
      begin();
      expect((await ask()).level).toBe('unavailable');
      expect((await ask({ headers: { [name]: 'evil.example' } })).level).toBe('l1_cache');
    }
  });

  it.each([
    'host=evil.example',
    'for=1.2.3.4;host=evil.example',
    'for="1.2.3.4;host=evil.example"',
    'for="a;host=evil.example;x="',
    'for="a,host=evil.example"',
    'For = "a; host=evil.example"',
    'by="a\\";host=evil.example"',
  ])('by `Forwarded: %s` does not, however an application reads it', async (forwarded) => {
    const { ask, begin } = await outage(host, shows);
    await ask({ headers: { forwarded } });
    begin();
    expect((await ask()).level).toBe('unavailable');
    expect((await ask({ headers: { forwarded: 'for=1.2.3.4' } })).level).toBe('unavailable');
  });

  it.each<[string, Asked]>([
    ['a length', { body: { question: 'evil' } }],
    ['chunks', { headers: { 'transfer-encoding': 'chunked', 'content-type': 'application/json' }, body: '{}' }],
  ])('by a GET that has a body, with %s, does not, and gets no answer of others', async (_, asked) => {
    const { ask, begin, end } = await outage(host, shows);
    await ask(asked);
    begin();
    expect((await ask()).level).toBe('unavailable');
    end();
    await ask();
    begin();
    expect((await ask(asked)).level).toBe('unavailable');
    expect((await ask()).level).toBe('l1_cache');
  });

  it('by a list that middleware outside adds to does not', async () => {
    let visits = 0;
    const scene: Scene = {
      before: ({ res }) => {
        const { writeHead } = res;
        res.writeHead = ((...args: Parameters<typeof writeHead>) => {
          res.appendHeader('Link', `</visit/${++visits}>; rel=last`);
          return writeHead.apply(res, args);
        }) as never;
      },
    };
    const handler = (call: Call) => {
      call.res.setHeader('Link', ['</a>; rel=next', '</b>; rel=prev']);
      call.send(200, 'a');
    };
    const { ask, begin } = await outage(host, handler, scene);
    await ask();
    begin();
    for (let visit = 2; visit < 5; visit++)
      expect((await ask()).headers.link).toBe(`</a>; rel=next, </b>; rel=prev, </visit/${visit}>; rel=last`);
  });

  it('by names of headers and members that are none of ours does no harm', async () => {
    const { ask, begin } = await outage(host, (call) => {
      for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
        call.res.setHeader(name, ['polluted', 'polluted']);
      call.send(200, '{"__proto__":{"a":1},"metadata":{"__proto__":{"b":1},"constructor":{"prototype":{"c":1}}}}', {
        'content-type': 'application/json',
      });
    });
    await ask();
    begin();
    const cached = await ask();
    expect(cached.level).toBe('l1_cache');
    expect(Object.keys(cached.headers)).not.toContain('0');
    const plain = {} as Record<string, unknown>;
    expect([plain['a'], plain['b'], plain['c'], plain['0']]).toEqual([undefined, undefined, undefined, undefined]);
    expect(cached.text).toContain('"metadata":{"from_fallback":true');
  });

  it('by a key that is nested without end is not stored, and does no harm', async () => {
    const { ask, begin } = await outage(host, (call) => call.send(200, 'a'), {
      cache: { key: () => JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) },
    });
    expect((await ask({ method: 'POST', body: {} })).status).toBe(200);
    begin();
    expect((await ask({ method: 'POST', body: {} })).level).toBe('unavailable');
  });

  it('by an extension of the path gets the answer of nobody else', async () => {
    const { ask, begin } = await outage(host, shows, { routes: { 'GET /account': shows, 'GET /account.css': shows } });
    await ask({ path: '/account.css', headers: { cookie: 'sid=victim' } });
    begin();
    for (const path of ['/account.css', '/account', '/account/', '/account.css?', '//account.css'])
      expect([path, (await ask({ path })).level]).toEqual([path, 'unavailable']);
  });

  it('by the host of another application of the process gets nothing of that', async () => {
    const brownout = createBrownout();
    const use = { brownout, circuit: 'a', fallback: [cachedAnswer({ freshMs: 60_000 })] };
    const inner = await serve(host.create({ use, routes: { 'GET /a': (call) => call.send(200, 'secret') } }));
    const outer = await serve(host.create({ use, routes: { 'GET /a': (call) => call.send(200, 'public') } }));
    const spoofed = { headers: { host: new URL(inner).host } };
    expect((await ask(inner)).text).toBe('secret');
    expect((await ask(outer, spoofed)).text).toBe('public');
    brownout.circuit('a').forceOpen();
    expect((await ask(inner)).text).toBe('secret');
    expect((await ask(outer, spoofed)).text).toBe('public');
    expect((await ask(outer)).level).toBe('unavailable');
  });

  it('leaves what has no type of its own without one', async () => {
    const { ask, begin } = await outage(host, ({ res }) => {
      res.statusCode = 200;
      res.end('<p>sniffed</p>');
      return new Promise(() => {});
    });
    expect((await ask()).headers['content-type']).toBeUndefined();
    begin();
    const cached = await ask();
    expect([cached.level, cached.headers['content-type']]).toEqual(['l1_cache', undefined]);
  });
});
