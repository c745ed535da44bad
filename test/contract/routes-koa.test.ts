import { once } from 'node:events';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { breaker, createBrownout, guarded } from '@brownout/koa';
import Router, { type RouterOptions } from '@koa/router';
import type Koa from 'koa';
import Koa3 from 'koa';
import { describe, expect, it } from 'vitest';
import { useServers } from './servers.ts';

const require = createRequire(import.meta.url);
const Koa2 = require('koa-2') as typeof Koa3;
const mount = require('koa-mount') as (prefix: string, app: Koa | Koa.Middleware) => Koa.Middleware;

const hosts: [string, typeof Koa3][] = [
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
];

const startServer = useServers();

const fail = (ctx: Koa.ParameterizedContext) => {
  ctx.status = 500;
  ctx.body = 'down';
};
const fine = (ctx: Koa.ParameterizedContext) => {
  ctx.body = 'fine';
};
const pass = (_ctx: Koa.ParameterizedContext, next: Koa.Next) => next();

function application(Koa: typeof Koa3) {
  const app = new Koa();
  app.silent = true;
  const brownout = createBrownout({ failureThreshold: 3, resetTimeoutMs: 60_000 });
  return {
    app,
    brownout,
    guard: () => breaker({ brownout, fallback: [] }) as Koa.Middleware,
    start: () => startServer(app.callback()),
    states: () => Object.fromEntries([...brownout.circuits].map(([name, circuit]) => [name, circuit.state])),
  };
}

function routes(define: (router: Router) => void, options?: RouterOptions): Koa.Middleware {
  const router = new Router(options);
  define(router);
  return router.routes() as Koa.Middleware;
}

const statuses = async (url: string, paths: readonly string[], method = 'GET') => {
  const seen: number[] = [];
  for (const path of paths) seen.push((await fetch(url + path, { method })).status);
  return seen;
};
const down = (path: (n: number) => string) => [1, 2, 3].map(path);

describe.each(hosts)('A failing route of %s', (_, Koa) => {
  it.each<[string, string | RegExp | string[], (n: number) => string, string]>([
    ['/users/:id', '/users/:id', (n) => `/users/${n}`, '/users/unseen'],
    ['/:slug', '/:slug', (n) => `/slug-${n}`, '/unseen'],
    ['/:lang/docs', '/:lang/docs', (n) => `/lang-${n}/docs`, '/unseen/docs'],
    ['the rest', '/*rest', (n) => `/${n}/a`, '/un/se/en'],
    ['an expression', /^\/n\/(\d+)$/, (n) => `/n/${n}`, '/n/777'],
    ['an optional part', '/o{/:part}', (n) => `/o/${n}`, '/o'],
    ['a list', ['/one', '/two/:id'], (n) => `/two/${n}`, '/two/unseen'],
  ])('is refused on a path that was never seen, too: %s', async (_name, path, failing, unseen) => {
    const { app, guard, start } = application(Koa);
    let calls = 0;
    app.use(guard());
    app.use(
      routes((router) =>
        router.get(path as string, (ctx) => {
          calls++;
          fail(ctx);
        }),
      ),
    );
    const url = await start();
    await statuses(url, down(failing));
    expect(await statuses(url, [unseen, unseen])).toEqual([503, 503]);
    expect(calls).toBe(3);
  });

  it.each([
    ['/users/:id', '/users/me', '/users/x'],
    ['/:slug', '/login', '/x'],
    ['/*rest', '/login', '/x'],
  ])(
    'leaves one that was never seen alone: %s beside %s, in a router of its own, too',
    async (failing, sibling, base) => {
      for (const define of [
        [(router: Router) => router.get(sibling, fine).get(failing, fail)],
        [(router: Router) => router.get(sibling, fine), (router: Router) => router.get(failing, fail)],
      ]) {
        const { app, guard, start, states } = application(Koa);
        app.use(guard());
        for (const one of define) app.use(routes(one));
        const url = await start();
        await statuses(
          url,
          down((n) => base + n),
        );
        expect(await statuses(url, [sibling, `${base}9`])).toEqual([200, 503]);
        expect(states()).toEqual({ [`GET ${failing}`]: 'open', [`GET ${sibling}`]: 'closed' });
      }
    },
  );

  it('is counted though its path was taken for another route', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    app.use(routes((router) => router.get('/users/me', fail).get('/users/:id', fine)));
    const url = await start();
    await statuses(url, ['/users/7', ...down(() => '/users/me')]);
    expect(await statuses(url, ['/users/me', '/users/7', '/users/8'])).toEqual([503, 200, 200]);
    expect(states()).toEqual({ 'GET /users/:id': 'closed', 'GET /users/me': 'open' });
  });

  it('is refused for HEAD as for GET, and leaves the other methods of its path alone', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    app.use(
      routes((router) => {
        router.head('/a', fine).get('/a', fail).post('/a', fine);
        router.all('/all', (ctx) => (ctx.method === 'GET' ? fail : fine)(ctx));
      }),
    );
    const url = await start();
    await statuses(url, [...down(() => '/a'), ...down(() => '/all')]);
    expect(await statuses(url, ['/a', '/all'], 'HEAD')).toEqual([503, 503]);
    expect(await statuses(url, ['/a', '/all'], 'POST')).toEqual([200, 200]);
    expect(states()).toEqual({ 'GET /a': 'open', 'GET /all': 'open', 'POST /a': 'closed', 'POST /all': 'closed' });
  });

  it('is told from one which it passes on to, and from one which passes on to it', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    app.use(
      routes((router) => {
        router.all('/*all', pass);
        router.get('/a/:x', pass).get('/a/:y', fail).get('/b', fine);
      }),
    );
    const url = await start();
    await statuses(
      url,
      down((n) => `/a/${n}`),
    );
    expect(await statuses(url, ['/a/9', '/b'])).toEqual([503, 200]);
    expect(states()).toEqual({ 'GET /a/:y': 'open', 'GET /b': 'closed' });
  });

  it('is the one that an exclusive router goes to', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    app.use(routes((router) => router.get('/users/:id', fail).get('/users/me', fine), { exclusive: true }));
    const url = await start();
    await statuses(
      url,
      down((n) => `/users/${n}`),
    );
    expect(await statuses(url, ['/users/me', '/users/9'])).toEqual([200, 503]);
    expect(states()).toEqual({ 'GET /users/:id': 'open', 'GET /users/me': 'closed' });
  });

  it('is not blamed for what the middleware of its router does', async () => {
    const { app, brownout, guard, start } = application(Koa);
    let isDown = false;
    app.use(guard());
    app.use(
      routes((router) => {
        router.use((ctx, next) => (isDown ? fail(ctx) : next()));
        router.use('/a', (_ctx, next) => next());
        router.get('/a', fine).get('/b/:id', fine);
      }),
    );
    const url = await start();
    await statuses(url, ['/a', '/b/1']);
    isDown = true;
    expect(await statuses(url, ['/a', '/b/2', '/a', '/b/3'])).toEqual([503, 503, 503, 503]);
    isDown = false;
    expect(await statuses(url, ['/a', '/b/2', '/b/4'])).toEqual([200, 200, 200]);
    for (const name of ['GET /a', 'GET /b/:id'])
      expect(brownout.circuit(name).metrics().calls).toMatchObject({ failure: 0, ignored: 0 });
    expect(brownout.circuit('ANY /*').metrics().calls).toMatchObject({ failure: 3 });
  });

  it('of one host is none of another that has the same path', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    const define = (handler: Koa.Middleware) => (router: Router) => router.get('/a', handler).get('/b/:id', handler);
    app.use(routes(define(fail), { host: 'a' }));
    app.use(routes(define(fine), { host: 'b' }));
    const url = await start();
    const asked = async (host: string, paths: readonly string[]) => {
      const seen: number[] = [];
      for (const path of paths) {
        const [response] = await once(request(url + path, { headers: { host } }).end(), 'response');
        seen.push(response.resume().statusCode);
      }
      return seen;
    };
    await asked('b', ['/a']);
    const paths = ['/a', '/a', '/a', '/b/1', '/b/2', '/b/3'];
    expect(await asked('a', paths)).toEqual(paths.map(() => 503));
    expect(await asked('b', ['/a', '/b/1', '/b/4'])).toEqual([200, 200, 200]);
    expect(states()).toEqual({
      'GET /a': 'closed',
      'GET /a #2': 'open',
      'GET /b/:id': 'open',
      'GET /b/:id #2': 'closed',
    });
  });

  it('of a host or a method of its own is told by them', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    app.use(routes((router) => router.get('/:slug', fine), { host: 'elsewhere' }));
    app.use(routes((router) => router.get('/:page', fail)));
    const url = await start();
    await statuses(
      url,
      down((n) => `/${n}`),
    );
    expect(await statuses(url, ['/9'])).toEqual([503]);
    expect(states()).toEqual({ 'GET /:page': 'open' });
  });
});

describe.each(hosts)('The names of the routes of %s', (_, Koa) => {
  it('have the prefixes and the mounts of nested routers, and their parameters', async () => {
    const { app, guard, start, states } = application(Koa);
    const items = new Router().get('/items/:item', fail).get('/', fine);
    app.use(guard());
    app.use(
      routes((router) => router.use('/tenants/:tenant', items.routes()).use('/b', items.routes()), { prefix: '/v1' }),
    );
    const url = await start();
    await statuses(
      url,
      down((n) => `/v1/tenants/${n}/items/${n}`),
    );
    expect(await statuses(url, ['/v1/tenants/9/items/9', '/v1/tenants/3', '/v1/b/items/1', '/v1/b'])).toEqual([
      503, 200, 503, 200,
    ]);
    expect(states()).toEqual({
      'GET /v1/tenants/:tenant/items/:item': 'open',
      'GET /v1/tenants/:tenant': 'closed',
      'GET /v1/b/items/:item': 'closed',
      'GET /v1/b': 'closed',
    });
  });

  it('have every mount of applications in applications, and none that passed on', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    const inner = new Koa();
    inner.use(routes((router) => router.get('/x/:id', fail).get('/', fine)));
    const outer = new Koa();
    outer.use(mount('/b', inner));
    app.use(mount('/a', outer));
    app.use(mount('/c', outer));
    app.use(routes((router) => router.get('/a/z', fine)));
    const url = await start();
    await statuses(
      url,
      down((n) => `/a/b/x/${n}`),
    );
    expect(await statuses(url, ['/a/b/x/9', '/a/b', '/c/b/x/1', '/a/z'])).toEqual([503, 200, 503, 200]);
    expect(states()).toEqual({
      'GET /a/b/x/:id': 'open',
      'GET /a/b': 'closed',
      'GET /c/b/x/:id': 'closed',
      'GET /a/z': 'closed',
    });
  });

  it('are those of the routes behind it, where a breaker is the middleware of a router', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(routes((router) => router.use(guard()).get('/x/:id', fail).get('/y', fine)));
    const url = await start();
    await statuses(
      url,
      down((n) => `/x/${n}`),
    );
    expect(await statuses(url, ['/x/9', '/y'])).toEqual([503, 200]);
    expect(states()).toEqual({ 'GET /x/:id': 'open', 'GET /y': 'closed' });
  });

  it.each(['in it', 'mounted'])(
    'are those of the routes behind a breaker that a router passed on to: %s',
    async (where) => {
      const { app, guard, start, states } = application(Koa);
      app.use(routes((router) => router.all('/*all', pass)));
      const inner = where === 'mounted' ? new Koa() : app;
      inner.use(guard());
      inner.use(routes((router) => router.get('/a/:id', fail).get('/b', fine)));
      if (where === 'mounted') app.use(mount('/m', inner));
      const url = await start();
      const base = where === 'mounted' ? '/m' : '';
      await statuses(
        url,
        down((n) => `${base}/a/${n}`),
      );
      expect(await statuses(url, [`${base}/a/9`, `${base}/b`])).toEqual([503, 200]);
      expect(states()).toEqual({ [`GET ${base}/a/:id`]: 'open', [`GET ${base}/b`]: 'closed' });
    },
  );

  it('of routes with breakers of their own are known from the beginning, composed ones too', async () => {
    const { app, brownout, guard, start, states } = application(Koa);
    const shared = guard();
    const composed: Koa.Middleware = (ctx, next) => shared(ctx as Koa.Context, next);
    app.use(
      routes((router) => {
        router.get('/a/:id', guard(), fail).get('/b', guarded(fine, { brownout, fallback: [] }));
        router.get('/c', composed as never, fine).get('/d', composed as never, fail);
      }),
    );
    const url = await start();
    await statuses(url, [...down((n) => `/a/${n}`), ...down(() => '/d')]);
    expect(await statuses(url, ['/a/9', '/b', '/c', '/d'])).toEqual([503, 200, 200, 503]);
    expect(states()).toEqual({ 'GET /a/:id': 'open', 'GET /b': 'closed', 'GET /c': 'closed', 'GET /d': 'open' });
  });

  it('are seen by middleware as without a breaker', async () => {
    const { app, guard, start } = application(Koa);
    const seen: unknown[] = [];
    app.use(guard());
    app.use(async (ctx, next) => {
      await next();
      seen.push(ctx['_matchedRoute']);
    });
    app.use(routes((router) => router.get('/a/:id', fine)));
    const url = await start();
    await statuses(url, ['/a/1', '/nowhere', '/a/2']);
    expect(seen).toEqual(['/a/:id', undefined, '/a/:id']);
  });
});

describe.each(hosts)('What is shared in %s', (_, Koa) => {
  it('is nothing between two applications', async () => {
    const { app, guard, start, states } = application(Koa);
    let isDown = true;
    const router = routes((router) => router.get('/x', (ctx) => (isDown ? fail : fine)(ctx)));
    const other = new Koa();
    const shared = guard();
    for (const one of [app, other]) {
      one.use(shared);
      one.use(router);
    }
    const [one, two] = [await start(), await startServer(other.callback())];
    await statuses(
      one,
      down(() => '/x'),
    );
    isDown = false;
    expect([await statuses(one, ['/x']), await statuses(two, ['/x'])]).toEqual([[503], [200]]);
    expect(states()).toEqual({ 'GET /x': 'open', 'GET /x #2': 'closed' });
  });

  it('is no circuit where nothing is found, or middleware refuses', async () => {
    const { app, guard, start, states } = application(Koa);
    app.use(guard());
    app.use((ctx, next) => (ctx.path === '/secret' ? ctx.throw(401) : next()));
    app.use(routes((router) => router.get('/a', fine).post('/p', fine)));
    const url = await start();
    expect(await statuses(url, ['/secret', '/nowhere', '/p'])).toEqual([401, 404, 404]);
    expect(await statuses(url, ['/p', '/a'], 'OPTIONS')).toEqual([404, 404]);
    expect(states()).toEqual({});
  });
});
