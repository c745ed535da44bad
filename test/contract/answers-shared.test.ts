import process from 'node:process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Call, hosts } from './hosts.ts';
import { type Asked, outage, type Scene } from './outage.ts';

const fine = (call: Call) => call.send(200, { fine: true });
const question = (body: object | string, headers = {}): Asked => ({ method: 'POST', body, headers });
const byQuestion: Scene = { cache: { key: (native: never) => bodyOf(native)?.question } };

/** Express's `req` and Koa's `ctx` alike. */
const bodyOf = (native: { body?: unknown; request?: { body?: unknown } }) =>
  (native.request === undefined ? native.body : native.request.body) as { question?: unknown } | undefined;

describe.each(hosts)('Who shares a stored answer, $name', (host) => {
  const level = async (first: Asked, then: Asked, scene: Scene = {}, handler = fine) => {
    const { ask, begin } = await outage(host, handler, scene);
    expect((await ask(first)).status).toBe(200);
    begin();
    return (await ask(then)).level;
  };

  it.each<[string, Asked, Asked, Scene?]>([
    ['another `Authorization`', { headers: { authorization: 'Bearer a' } }, { headers: { authorization: 'Bearer b' } }],
    ['none', { headers: { authorization: 'Bearer a' } }, {}],
    ['one where there was none', {}, { headers: { authorization: 'Bearer a' } }],
    ['another `Cookie`', { headers: { cookie: 'sid=1' } }, { headers: { cookie: 'sid=2' } }],
    ['another `Proxy-Authorization`', { headers: { 'proxy-authorization': 'a' } }, {}],
    ...[
      'X-Api-Key',
      'X-Tenant-Id',
      'X-Account',
      'X-User',
      'X-Session',
      'X-Whoever-Asks',
      'CF-Access-Jwt-Assertion',
    ].map((name): [string, Asked, Asked] => [
      `another \`${name}\``,
      { headers: { [name]: 'a' } },
      { headers: { [name]: 'b' } },
    ]),
    [
      'the same names with values exchanged',
      { headers: { 'x-a': '1', 'x-b': '2' } },
      { headers: { 'x-a': '2', 'x-b': '1' } },
    ],
    ['one header that looks like two', { headers: { 'x-a': '1', 'x-b': '2' } }, { headers: { 'x-a': '1x-b:2' } }],
    ['another host', { headers: { host: 'one.example' } }, { headers: { host: 'two.example' } }],
    [
      'another forwarded host',
      { headers: { 'x-forwarded-host': 'one.example' } },
      { headers: { 'x-forwarded-host': 'two.example' } },
    ],
    [
      'another forwarded protocol',
      { headers: { 'x-forwarded-proto': 'https' } },
      { headers: { 'x-forwarded-proto': 'http' } },
    ],
    ['another forwarded prefix', { headers: { 'x-forwarded-prefix': '/one' } }, {}],
    [
      'another host in `Forwarded`',
      { headers: { forwarded: 'host=one.example' } },
      { headers: { forwarded: 'host=two.example' } },
    ],
    ['another language', { headers: { 'accept-language': 'fr' } }, { headers: { 'accept-language': 'en' } }],
    ['another `Accept`', { headers: { accept: 'text/html' } }, { headers: { accept: 'application/json' } }],
    ['another query', { path: '/a?q=1' }, { path: '/a?q=2' }],
    ['the same values in another order', { path: '/a?q=1&q=2' }, { path: '/a?q=2&q=1' }],
    ['another question', question({ question: 'one' }), question({ question: 'two' }), byQuestion],
    [
      'another body where it is the key',
      question({ question: { a: 1 } }),
      question({ question: { a: '1' } }),
      byQuestion,
    ],
    [
      'another user of a keyed route',
      question({ question: 'one' }, { authorization: 'a' }),
      question({ question: 'one' }),
      byQuestion,
    ],
    ['a GET for what was a POST', question({ question: 'one' }), { headers: {} }, { cache: { key: () => 'k' } }],
    [
      'another scope',
      { headers: { 'x-who': 'a' } },
      { headers: { 'x-who': 'b' } },
      { cache: { scope: (native: { headers: Record<string, string> }) => native.headers['x-who'] } as never },
    ],
  ])('is nobody with %s', async (_, first, then, scene) => {
    expect(await level(first, then, scene)).toBe('unavailable');
    expect(await level(first, first, scene)).toBe('l1_cache');
  });

  it.each<[string, Asked, Asked, Scene?]>([
    [
      'whose browser, address, request id and cache wishes differ',
      {
        headers: {
          'user-agent': 'one',
          'accept-encoding': 'gzip',
          'x-forwarded-for': '192.0.2.1',
          forwarded: 'for=192.0.2.1',
          'x-request-id': '1',
          traceparent: '00-1',
          'sec-fetch-mode': 'cors',
        },
      },
      {
        headers: {
          'user-agent': 'two',
          forwarded: 'for=192.0.2.2',
          'x-request-id': '2',
          'cache-control': 'no-cache',
          accept: '*/*',
        },
      },
    ],
    ['whose parameters come in another order', { path: '/a?b=2&a=1&c=3' }, { path: '/a?c=3&a=1&b=2' }],
    [
      'whose members come in another order',
      question({ question: { a: 1, b: 2 } }),
      question({ question: { b: 2, a: 1 } }),
      byQuestion,
    ],
    [
      'within one scope',
      { headers: { authorization: 'a' } },
      { headers: { authorization: 'b' } },
      { cache: { scope: () => 'everybody' } },
    ],
  ])('is everybody %s', async (_, first, then, scene) => {
    expect(await level(first, then, scene)).toBe('l1_cache');
  });

  it.each<[string, Scene, (call: Call) => unknown]>([
    ['the handler', {}, (call) => call.send(200, String(call.req.headers['x-requested-with']), { vary: 'User-Agent' })],
    ['earlier middleware', { before: ({ res }) => res.setHeader('Vary', 'User-Agent') }, (call) => call.send(200, 'a')],
  ])('is told apart by what %s varies on', async (_, scene, handler) => {
    const { ask, begin } = await outage(host, handler, scene);
    for (const agent of ['one', 'two']) await ask({ headers: { 'user-agent': agent } });
    begin();
    for (const agent of ['one', 'two'])
      expect((await ask({ headers: { 'user-agent': agent } })).level).toBe('l1_cache');
    expect((await ask({ headers: { 'user-agent': 'three' } })).level).toBe('unavailable');
    expect((await ask()).level).toBe('unavailable');
  });

  it('is who earlier middleware says it is', async () => {
    const { ask, begin } = await outage(host, fine, {
      before: ({ req }) => {
        req.headers['x-user-id'] = new URL(req.url!, 'http://x').searchParams.get('as') ?? '';
        req.url = '/a';
      },
    });
    await ask({ path: '/a?as=1' });
    begin();
    expect((await ask({ path: '/a?as=1' })).level).toBe('l1_cache');
    expect((await ask({ path: '/a?as=2' })).level).toBe('unavailable');
  });

  it('is who it was when the request began, whatever the handler does to it', async () => {
    const { ask, begin } = await outage(host, (call) => {
      call.req.headers['authorization'] = 'Bearer admin';
      call.req.rawHeaders.push('Authorization', 'Bearer admin');
      fine(call);
    });
    await ask();
    begin();
    expect((await ask({ headers: { authorization: 'Bearer admin' } })).level).toBe('unavailable');
    expect((await ask()).level).toBe('l1_cache');
  });

  describe('after an unsafe request', () => {
    const scene: Scene = { routes: { 'POST /b': fine, 'POST /fails': (call) => call.send(409, 'no') } };

    it.each<[string, string, Asked]>([
      ['nobody, on its path, whatever their query', 'unavailable', { method: 'POST', path: '/a?x=1', body: {} }],
      ['who shared it before, on another path', 'l1_cache', { method: 'POST', path: '/b', body: {} }],
      ['who shared it before, where it failed', 'l1_cache', { method: 'POST', path: '/fails', body: {} }],
      [
        'who shared it before, where it was for another host',
        'l1_cache',
        { method: 'POST', headers: { host: 'b' }, body: {} },
      ],
    ])('it is %s', async (_, expected, unsafe) => {
      const { ask, begin, end } = await outage(host, fine, scene);
      for (const path of ['/a?q=1', '/a?q=2']) await ask({ path });
      await ask(unsafe);
      begin();
      for (const path of ['/a?q=1', '/a?q=2']) expect((await ask({ path })).level).toBe(expected);
      end();
      await ask({ path: '/a?q=1' });
      begin();
      expect((await ask({ path: '/a?q=1' })).level).toBe('l1_cache');
    });
  });

  describe('without a usable key', () => {
    const bad: Record<string, () => unknown> = {
      throws: () => {
        throw new Error('no key');
      },
      'is a promise': () => Promise.reject(new Error('late')),
      'is no JSON': () => new Map([['a', 1]]),
      'is a circle': () => {
        const circle: { own?: unknown } = {};
        circle.own = circle;
        return circle;
      },
    };

    const warnings = (): string[] => {
      const seen: string[] = [];
      const spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void seen.push(String(warning)));
      onTestFinished(() => spy.mockRestore());
      return seen;
    };

    it.each(Object.entries(bad))('is nobody, said once, where it %s', async (_, key) => {
      const seen = warnings();
      const { ask, begin, brownout } = await outage(host, fine, { cache: { key } });
      let told = 0;
      brownout.on('option_failed', () => void told++);
      for (let asked = 0; asked < 3; asked++) expect((await ask(question({ question: 1 }))).status).toBe(200);
      begin();
      expect((await ask(question({ question: 1 }))).level).toBe('unavailable');
      expect([told, seen.length]).toEqual([1, 1]);
    });

    it.each(['null', 'undefined'] as const)('is nobody, and nothing is said, where it is %s', async (value) => {
      const seen = warnings();
      const { ask, begin } = await outage(host, fine, { cache: { key: () => (value === 'null' ? null : undefined) } });
      await ask();
      begin();
      expect((await ask()).level).toBe('unavailable');
      expect(seen).toEqual([]);
    });

    it('is nobody where no parser has read the body, and the warning says what to do', async () => {
      const seen = warnings();
      const { ask, begin } = await outage(host, fine, { ...byQuestion, unparsed: true });
      for (let asked = 0; asked < 3; asked++) expect((await ask(question({ question: 1 }))).status).toBe(200);
      begin();
      expect((await ask(question({ question: 1 }))).level).toBe('unavailable');
      expect(seen).toEqual([expect.stringContaining('mount express.json() before the breaker')]);
    });

    it.each(Object.entries({ ...bad, 'is undefined': (): unknown => undefined, 'is null': (): unknown => null }))(
      'is nobody, said once, where the scope %s',
      async (_, scope) => {
        const seen = warnings();
        const { ask, begin } = await outage(host, fine, { cache: { scope } });
        for (let asked = 0; asked < 3; asked++) expect((await ask()).status).toBe(200);
        begin();
        expect((await ask()).level).toBe('unavailable');
        expect(seen).toHaveLength(1);
      },
    );
  });
});
