import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { type BreakerOptions, breaker, createBrownout } from '@brownout/express';
import type Express from 'express';
import express5 from 'express';
import { describe, expect, it } from 'vitest';
import { useServers } from './servers.ts';

const express4 = createRequire(import.meta.url)('express-4') as typeof Express;

const start = useServers();

const fail: Express.RequestHandler = (_req, res) => {
  res.status(500).send('down');
};
const fine: Express.RequestHandler = (_req, res) => {
  res.send('fine');
};

interface Syntax {
  readonly rest: string;
  readonly digits: string | RegExp;
  readonly optional: string;
  readonly odd: string;
}

/** The same in the words of each. */
const hosts: [string, typeof Express, Syntax][] = [
  ['Express 5', express5, { rest: '/*rest', digits: /^\/n\/(\d+)$/, optional: '/o{/:part}', odd: '/o-{:a-}x' }],
  ['Express 4', express4, { rest: '/*', digits: '/n/:id(\\d+)', optional: '/o/:part?', odd: '/o-(a-)?x' }],
];

/** `before`: what is mounted before the breaker. */
function application(express: typeof Express, options?: BreakerOptions<Express.Request>) {
  const app = express();
  app.set('env', 'test');
  const brownout = createBrownout({ failureThreshold: 3, resetTimeoutMs: 60_000 });
  const guard = () => breaker({ brownout, fallback: [], ...options });
  return {
    app,
    brownout,
    guard,
    names: () => [...brownout.circuits.keys()].sort(),
    states: () => Object.fromEntries([...brownout.circuits].map(([name, circuit]) => [name, circuit.state])),
  };
}

const statuses = async (url: string, paths: readonly string[], method = 'GET') => {
  const seen: number[] = [];
  for (const path of paths) seen.push((await fetch(url + path, { method })).status);
  return seen;
};
/** Many requests in a short time, on one connection. */
async function pipelined(url: string, paths: readonly string[]): Promise<number[]> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  const seen: number[] = [];
  for (let from = 0; from < paths.length; from += 100) {
    const batch = paths.slice(from, from + 100);
    socket.write(batch.map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
    let text = '';
    while (text.split('HTTP/1.1 ').length <= batch.length) text += (await once(socket, 'data'))[0];
    for (const [, status] of text.matchAll(/HTTP\/1.1 (\d+)/g)) seen.push(Number(status));
  }
  socket.destroy();
  return seen;
}

const down = (path: (n: number) => string) => [1, 2, 3].map(path);

describe.each(hosts)('A failing route of %s', (_, express, { rest, digits, optional, odd }) => {
  it.each<[string, string | RegExp | string[], (n: number) => string, string]>([
    ['/users/:id', '/users/:id', (n) => `/users/${n}`, '/users/unseen'],
    ['/:slug', '/:slug', (n) => `/slug-${n}`, '/unseen'],
    ['/:lang/docs', '/:lang/docs', (n) => `/lang-${n}/docs`, '/unseen/docs'],
    ['/:a/:b', '/:a/:b', (n) => `/${n}/${n}`, '/un/seen'],
    ['the rest', rest, (n) => `/${n}/a`, '/un/se/en'],
    ['digits', digits, (n) => `/n/${n}`, '/n/777'],
    ['an optional part', optional, (n) => `/o/${n}`, '/o'],
    ['an odd one', odd, () => '/o-a-x', '/o-x'],
    ['a list', ['/one', '/two/:id'], (n) => `/two/${n}`, '/two/unseen'],
    ['a parameter within a segment', '/@:user', (n) => `/@${n}`, '/@unseen'],
    ['what is encoded', '/files/:name', (n) => `/files/a%2Fb${n}`, '/files/%C3%A9'],
  ])('is refused on a path that was never seen, too: %s', async (_name, path, failing, unseen) => {
    const { app, guard } = application(express);
    let calls = 0;
    app.use(guard());
    app.get(path, (req, res, next) => {
      calls++;
      fail(req, res, next);
    });
    const url = await start(app);
    await statuses(url, down(failing));
    expect(await statuses(url, [unseen, unseen])).toEqual([503, 503]);
    expect(calls).toBe(3);
  });

  it.each([
    ['/users/:id', '/users/me'],
    ['/:slug', '/login'],
    ['/:a/:b', '/docs/:page'],
    [rest, '/login'],
  ])('leaves one that was never seen alone: %s beside %s, which is asked before it', async (failing, sibling) => {
    const { app, guard, states } = application(express);
    app.use(guard());
    app.get(sibling, fine);
    app.get(failing, fail);
    const url = await start(app);
    const slug = failing.startsWith('/users') ? '/users/x' : failing === '/:a/:b' ? '/x/y' : '/x';
    await statuses(
      url,
      down((n) => slug + n),
    );
    expect(await statuses(url, [sibling.replace(':page', '1'), `${slug}9`])).toEqual([200, 503]);
    expect(states()).toEqual({ [`GET ${failing}`]: 'open', [`GET ${sibling}`]: 'closed' });
  });

  it('is counted though its path was taken for another route', async () => {
    const { app, guard, states } = application(express);
    app.use(guard());
    app.get('/users/me', fail);
    app.get('/users/:id', fine);
    const url = await start(app);
    await statuses(url, ['/users/7']);
    expect(
      await statuses(
        url,
        down(() => '/users/me'),
      ),
    ).toEqual([503, 503, 503]);
    expect(await statuses(url, ['/users/7', '/users/8'])).toEqual([200, 200]);
    expect(states()).toEqual({ 'GET /users/:id': 'closed', 'GET /users/me': 'open' });
  });

  it('has what is written before it, where its pattern comes first', async () => {
    const { app, guard, names } = application(express);
    app.use(guard());
    app.get('/users/:id', fail);
    app.get('/users/me', fine);
    const url = await start(app);
    await statuses(
      url,
      down((n) => `/users/${n}`),
    );
    expect(await statuses(url, ['/users/me'])).toEqual([503]);
    expect(names()).toEqual(['GET /users/:id']);
  });

  it('leaves files alone that middleware before it serves', async () => {
    const { app, guard } = application(express);
    app.use(guard());
    app.use((req, res, next) => (req.path === '/logo.svg' || req.path === '/about' ? fine(req, res, next) : next()));
    app.get('/:page', fail);
    const url = await start(app);
    expect(await statuses(url, ['/about', ...down((n) => `/page${n}`)])).toEqual([200, 503, 503, 503]);
    expect(await statuses(url, ['/logo.svg', '/about'])).toEqual([200, 200]);
  });

  it('leaves middleware alone that is mounted on one of its paths', async () => {
    const { app, guard } = application(express);
    app.use(guard());
    app.use('/files/public', fine);
    app.get('/files/:name', fail);
    const url = await start(app);
    await statuses(
      url,
      down((n) => `/files/${n}`),
    );
    expect(await statuses(url, ['/files/public', '/files/9'])).toEqual([200, 503]);
  });

  it('is refused for HEAD as for GET, and by HEAD', async () => {
    const { app, guard, states } = application(express);
    app.use(guard());
    app.head('/a', fine);
    app.get('/a', fail);
    app.get('/b', fail);
    app.post('/c', fine);
    const url = await start(app);
    await statuses(
      url,
      down(() => '/a'),
    );
    await statuses(
      url,
      down(() => '/b'),
      'HEAD',
    );
    expect(await statuses(url, ['/a', '/b'], 'HEAD')).toEqual([503, 503]);
    expect(await statuses(url, ['/b'])).toEqual([503]);
    expect(await statuses(url, ['/c'], 'HEAD')).toEqual([404]); // led into the route for POST, which has nothing for it
    expect(states()).toEqual({ 'GET /a': 'open', 'GET /b': 'open' });
  });

  it('leaves the other methods of its path alone', async () => {
    const { app, guard, states } = application(express);
    app.use(guard());
    app.route('/r').get(fail).post(fine);
    app.all('/all', (req, res, next) => (req.method === 'GET' ? fail : fine)(req, res, next));
    const url = await start(app);
    await statuses(url, [...down(() => '/r'), ...down(() => '/all')]);
    expect(await statuses(url, ['/r', '/all'])).toEqual([503, 503]);
    expect(await statuses(url, ['/r', '/all'], 'POST')).toEqual([200, 200]);
    expect(states()).toEqual({ 'GET /r': 'open', 'GET /all': 'open', 'POST /r': 'closed', 'POST /all': 'closed' });
  });

  it.each(['route', 'router'] as const)('is not blamed for what it passes on with next("%s")', async (signal) => {
    const { app, guard, states } = application(express);
    app.use(guard());
    const router = express.Router();
    router.get('/a/:x', (_req, _res, next) => next(signal as 'route'), fine);
    app.use(router);
    app.get('/a/:y', fail);
    app.get('/b', fine);
    const url = await start(app);
    await statuses(
      url,
      down((n) => `/a/${n}`),
    );
    expect(await statuses(url, ['/a/9', '/b'])).toEqual([503, 200]);
    expect(states()).toEqual({ 'GET /a/:y': 'open', 'GET /b': 'closed' });
  });

  it('lets through what it may pass on, once it has been seen to', async () => {
    const { app, guard } = application(express);
    app.use(guard());
    app.get('/a/:x', (req, res, next) => (req.params['x'] === 'other' ? next('route') : fail(req, res, next)));
    app.get('/a/:y', fine);
    const url = await start(app);
    await statuses(url, ['/a/other', ...down((n) => `/a/${n}`)]);
    expect(await statuses(url, ['/a/other', '/a/1'])).toEqual([200, 503]);
  });

  it('that stands behind one which always passes on is refused all the same', async () => {
    const { app, guard, names } = application(express);
    app.use(guard());
    app.all(rest, (_req, _res, next) => next());
    app.get('/users/me', fine);
    app.get('/users/:id', fail);
    const url = await start(app);
    await statuses(
      url,
      down((n) => `/users/${n}`),
    );
    expect(await statuses(url, ['/users/9', '/users/me'])).toEqual([503, 200]);
    expect(names()).toEqual(['GET /users/:id', 'GET /users/me']);
  });

  it.each([
    ['case', 'case sensitive routing', '/Users/:id', '/users/:id', '/Users/'],
    ['a trailing slash', 'strict routing', '/users/:id/', '/users/:id', '/users/'],
  ])(
    'is not taken for one that differs by %s alone, where that counts',
    async (_name, setting, failing, other, base) => {
      const { app, guard, states } = application(express);
      app.enable(setting);
      app.use(guard());
      app.get(failing, fail);
      app.get(other, fine);
      const url = await start(app);
      const end = failing.endsWith('/') ? '/' : '';
      await statuses(
        url,
        down((n) => `${base}${n}${end}`),
      );
      expect(await statuses(url, ['/users/9', `${base}9${end}`])).toEqual([200, 503]);
      expect(states()).toEqual({ [`GET ${failing}`]: 'open', [`GET ${other}`]: 'closed' });
    },
  );

  it('is known behind a function that hides its router, as far as its pattern tells', async () => {
    const { app, brownout, guard, states } = application(express);
    const router = express.Router();
    router.get('/users/:id', (_req, _res, next) => {
      setImmediate(() => next(new Error('down')));
    });
    router.get('/:slug', fail);
    router.get('/tenants/:tenant', fine);
    app.use(guard());
    app.use('/:mount', (req, res, next) => router(req, res, next));
    app.use(((_error, _req, res, _next) => {
      res.status(500).send('page');
    }) satisfies Express.ErrorRequestHandler);
    const url = await start(app);
    await statuses(url, ['/m/users/0', ...down((n) => `/m/users/${n}`), ...down(() => '/m/slug')]);
    expect(brownout.circuit('GET /:mount/users/:id').metrics().calls).toMatchObject({ failure: 3 });
    expect(await statuses(url, ['/m/users/9', '/m/slug', '/m/other', '/m/tenants/1'])).toEqual([503, 503, 503, 200]);
    expect(brownout.circuit('GET /:mount/:slug').metrics().calls).toMatchObject({ failure: 3, refused: 1 });
    expect(states()).toEqual({
      'GET /:mount/users/:id': 'open',
      'GET /:mount/:slug': 'open',
      'GET /:mount/tenants/:tenant': 'closed',
    });
  });

  it('keeps its probe when a path that was taken for its own leads elsewhere', async () => {
    let now = 0;
    const clock = { now: () => now, wall: () => now };
    const brownout = createBrownout({
      failureThreshold: 3,
      resetTimeoutMs: 1_000,
      jitter: 0,
      successThreshold: 1,
      clock,
    });
    const app = express();
    let isDown = true;
    app.use(breaker({ brownout, fallback: [] }));
    const router = express.Router();
    router.get('/users/me', fine);
    router.get('/users/:id', (req, res, next) => (isDown ? fail : fine)(req, res, next));
    app.use((req, res, next) => router(req, res, next)); // hidden: `/users/me` is taken for `/users/:id`
    const url = await start(app);
    await statuses(url, ['/users/0', ...down((n) => `/users/${n}`)]);
    expect(brownout.circuit('GET /users/:id').state).toBe('open');
    now = 2_000;
    isDown = false;
    expect(await statuses(url, ['/users/me', '/users/me'])).toEqual([200, 200]);
    expect(brownout.circuit('GET /users/:id').state).toBe('half_open');
    expect(brownout.circuit('GET /users/:id').metrics().calls).toMatchObject({ success: 0, ignored: 0, refused: 0 });
    expect(await statuses(url, ['/users/1'])).toEqual([200]);
    expect(brownout.circuit('GET /users/:id').state).toBe('closed');
  });

  it('is seen when it is added at run time', async () => {
    const { app, guard, states } = application(express);
    const router = express.Router();
    app.use(guard());
    app.use('/api', router);
    app.get('/api/:id', fine);
    const url = await start(app);
    await statuses(url, ['/api/new']);
    router.get('/new', fail);
    await statuses(
      url,
      down(() => '/api/new'),
    );
    expect(await statuses(url, ['/api/new', '/api/old'])).toEqual([503, 200]);
    expect(states()).toEqual({ 'GET /api/:id': 'closed', 'GET /api/new': 'open' });
  });
});

describe.each(hosts)('The names of the routes of %s', (_, express) => {
  it('have the parameters of every mount, merged or not, whatever came', async () => {
    const { app, guard, names } = application(express);
    app.use(guard());
    const tasks = express.Router({ mergeParams: true }).get('/tasks/:task', fine);
    const merged = express.Router({ mergeParams: true }).use('/projects/:project', tasks);
    app.use('/tenants/:tenant', merged);
    app.use('/:from-:to', express.Router().get('/x', fine));
    app.use('/things/:thing', express.Router().get('/', fine));
    const url = await start(app);
    const paths = [
      '/tenants/t/projects/p/tasks/1',
      '/tenants/tenants/projects/tenants/tasks/2',
      '/a-b/x',
      '/from-to/x',
    ];
    expect(await statuses(url, [...paths, '/things/things', '/things/t'])).toEqual(Array(6).fill(200));
    expect(names()).toEqual([
      'GET /:from-:to/x',
      'GET /tenants/:tenant/projects/:project/tasks/:task',
      'GET /things/:thing',
    ]);
  });

  it('have the mount where a breaker is on a router or a path, and share nothing with another', async () => {
    const { app, brownout, guard, states } = application(express);
    const router = express.Router();
    router.use(guard());
    router.get('/x/:id', fail);
    router.get('/y', fine);
    app.use('/api/:version', router);
    app.use('/site', guard());
    app.get('/site/x', fine);
    const url = await start(app);
    await statuses(
      url,
      down((n) => `/api/${n}/x/${n}`),
    );
    expect(await statuses(url, ['/api/9/x/9', '/api/9/y', '/site/x', '/site/nowhere'])).toEqual([503, 200, 200, 404]);
    expect(states()).toEqual({
      'GET /api/:version/x/:id': 'open',
      'GET /api/:version/y': 'closed',
      'GET /site/x': 'closed',
    });
    expect(brownout.circuit('GET /api/:version/x/:id').metrics().calls).toMatchObject({ failure: 3, refused: 1 });
  });

  it('of routes with breakers of their own have the parameters of their mounts', async () => {
    const { app, guard, names } = application(express);
    const router = express.Router();
    router.get('/ask', guard(), fine);
    app.use('/tenants/:tenant', router);
    const url = await start(app);
    await statuses(
      url,
      Array.from({ length: 40 }, (_unused, n) => `/tenants/${n}/ask`),
    );
    expect(names()).toEqual(['GET /tenants/:tenant/ask']);
  });

  it('have the mounts of applications in applications', async () => {
    const { app, guard, states } = application(express);
    app.use(guard());
    const inner = express().get('/x/:id', fail).get('/y', fine);
    const sub = express().use('/inner', inner).get('/users/me', fine).get('/users/:id', fail);
    app.use('/tenants/:tenant', sub);
    const url = await start(app);
    await statuses(url, [...down((n) => `/tenants/${n}/users/${n}`), ...down((n) => `/tenants/${n}/inner/x/${n}`)]);
    expect(await statuses(url, ['/tenants/9/users/me', '/tenants/9/users/9'])).toEqual([200, 503]);
    expect(await statuses(url, ['/tenants/9/inner/y', '/tenants/9/inner/x/9'])).toEqual([200, 503]);
    expect(states()).toEqual({
      'GET /tenants/:tenant/users/:id': 'open',
      'GET /tenants/:tenant/users/me': 'closed',
      'GET /tenants/:tenant/inner/x/:id': 'open',
      'GET /tenants/:tenant/inner/y': 'closed',
    });
  });

  it('are kept apart where one application is mounted twice, errors that are handled outside too', async () => {
    const { app, brownout, guard, states } = application(express);
    app.use(guard());
    const sub = express();
    sub.get('/x/:id', (req, _res, next) => {
      setImmediate(() => (req.baseUrl === '/one' ? next(new Error('down')) : next('route')));
    });
    sub.get('/x/:other', fine);
    app.use('/one', sub);
    app.use('/tenants/:tenant', sub);
    app.use(((_error, _req, res, _next) => {
      res.status(500).send('page');
    }) satisfies Express.ErrorRequestHandler);
    const url = await start(app);
    await statuses(url, ['/one/x/0', '/tenants/1/x/1', ...down((n) => `/one/x/${n}`)]);
    expect(await statuses(url, ['/one/x/9', '/tenants/2/x/2'])).toEqual([503, 200]);
    expect(states()).toEqual({ 'GET /one/x/:id': 'open', 'GET /tenants/:tenant/x/:other': 'closed' });
    expect(brownout.circuit('GET /one/x/:id').metrics().calls).toMatchObject({ failure: 3 });
  });

  it('of an application with a breaker of its own have its mount, as far as Express keeps it', async () => {
    const { app, guard, names } = application(express);
    const sub = express();
    sub.use(guard());
    sub.get('/x/:id', fine);
    sub.use(fail);
    app.use('/tenants/:tenant', sub);
    const url = await start(app);
    await statuses(url, ['/tenants/1/x/1', '/tenants/2/x/2', '/tenants/1/a', '/tenants/2/b']);
    expect(names()).toEqual(['ANY /tenants/:tenant/*', 'GET /tenants/:tenant/x/:id']);
  });

  it('are bounded where a mount is a regular expression', async () => {
    const { app, guard, names } = application(express);
    app.use(guard());
    app.use(/^\/t\d+/, express.Router().get('/x', fine));
    const url = await start(app);
    await statuses(
      url,
      Array.from({ length: 60 }, (_unused, n) => `/t${n}/x`),
    );
    expect(names().length).toBeLessThanOrEqual(32);
  });

  it('are bounded in length, and kept apart all the same', async () => {
    const { app, guard, states } = application(express);
    app.use(guard());
    const long = `/${'x'.repeat(300)}`;
    app.get(`${long}/a`, fail);
    app.get(`${long}/b`, fine);
    app.get('/\u{D800}', fine);
    const url = await start(app);
    await statuses(
      url,
      down(() => `${long}/a`),
    );
    expect(await statuses(url, [`${long}/a`, `${long}/b`])).toEqual([503, 200]);
    const [first, second] = Object.entries(states());
    expect([first, second]).toEqual([
      [`GET /${'x'.repeat(194)}…`, 'open'],
      [`GET /${'x'.repeat(194)}… #2`, 'closed'],
    ]);
  });

  it('have the path as it was rewritten before the breaker', async () => {
    const { app, guard, names } = application(express);
    app.use((req, _res, next) => {
      req.url = req.url.replace(/^\/(en|de)/, '');
      next();
    });
    app.use(guard());
    app.get('/docs/:page', fail);
    const url = await start(app);
    await statuses(
      url,
      down((n) => `/en/docs/${n}`),
    );
    expect(await statuses(url, ['/de/docs/9', '/docs/8'])).toEqual([503, 503]);
    expect(names()).toEqual(['GET /docs/:page']);
  });

  it('are those of the routes that are reached, where the path is rewritten behind the breaker', async () => {
    const { app, guard, states } = application(express);
    app.use(guard());
    app.use((req, _res, next) => {
      req.url = req.url.replace(/^\/old/, '/new');
      next();
    });
    app.get('/new/:id', fail);
    app.get('/old/:id', fine);
    const url = await start(app);
    await statuses(
      url,
      down((n) => `/old/${n}`),
    );
    expect(await statuses(url, ['/old/1', '/new/9'])).toEqual([503, 503]);
    expect(states()).toEqual({ 'GET /new/:id': 'open' });
  });
});

describe.each(hosts)('What is shared in %s', (_, express) => {
  it('is nothing between two applications, with the same router, too', async () => {
    const { app, brownout, guard, names } = application(express);
    let isDown = true;
    const router = express.Router().get('/x/:id', (req, res, next) => (isDown ? fail : fine)(req, res, next));
    app.use(guard());
    app.use('/v1', router);
    const other = express();
    other.use(guard());
    other.use('/v1', router);
    const [one, two] = [await start(app), await start(other)];
    await statuses(
      one,
      down((n) => `/v1/x/${n}`),
    );
    isDown = false;
    expect(await statuses(one, ['/v1/x/9'])).toEqual([503]);
    expect(await statuses(two, ['/v1/x/1', '/v1/x/9'])).toEqual([200, 200]);
    expect(names()).toEqual(['GET /v1/x/:id', 'GET /v1/x/:id #2']);
    expect(brownout.circuit('GET /v1/x/:id #2').metrics().calls).toMatchObject({ success: 2, refused: 0 });
  });

  it('is nothing between two breakers around one route: the inner one governs', async () => {
    const { app, brownout, guard, states } = application(express);
    app.use(guard());
    app.use(guard());
    app.get('/a', fail);
    app.get('/b', fine);
    const url = await start(app);
    expect(await statuses(url, [...down(() => '/a'), '/a', '/b'])).toEqual([503, 503, 503, 503, 200]);
    expect(states()).toEqual({ 'GET /a': 'open', 'GET /b': 'closed' });
    expect(brownout.circuit('GET /a').metrics().calls).toMatchObject({ failure: 3, refused: 1 });
  });

  it('is nothing with routes before the breaker', async () => {
    const { app, guard, names } = application(express);
    app.get('/before', fail);
    app.use(guard());
    app.get('/after', fine);
    const url = await start(app);
    expect(await statuses(url, ['/before', '/before', '/after'])).toEqual([500, 500, 200]);
    expect(names()).toEqual(['GET /after']);
  });

  it('is nothing with middleware that fails before a route that is known', async () => {
    const { app, brownout, guard } = application(express);
    let isDown = false;
    app.use(guard());
    app.use((req, res, next) => (isDown ? fail(req, res, next) : next()));
    app.get('/a/:id', fine);
    app.get('/:slug', fine);
    app.get('/unseen', fine);
    const url = await start(app);
    await statuses(url, ['/a/1', '/slug']);
    isDown = true;
    expect(await statuses(url, ['/a/1', '/a/2', '/slug', '/other', '/a/1'])).toEqual([503, 503, 503, 503, 503]);
    isDown = false;
    expect(await statuses(url, ['/a/1', '/a/2', '/slug', '/other', '/more'])).toEqual([200, 200, 200, 200, 200]);
    expect(brownout.circuit('GET /a/:id').metrics().calls).toMatchObject({ failure: 0, ignored: 0 });
    expect(brownout.circuit('GET /:slug').metrics().calls).toMatchObject({ failure: 0, ignored: 0 });
  });

  it('is no circuit where middleware refuses, and a 404 handler answers', async () => {
    const { app, guard, names } = application(express);
    app.use(guard());
    app.use((req, res, next) => (req.headers.authorization ? next() : void res.status(401).send('who?')));
    app.get('/a', fine);
    app.use((_req, res) => void res.status(404).send('nothing'));
    const url = await start(app);
    expect(await statuses(url, ['/a', '/b'])).toEqual([401, 401]);
    expect(names()).toEqual([]);
  });

  it('is no preflight: OPTIONS is let through', async () => {
    const { app, guard, names } = application(express);
    app.use(guard());
    app.options('/a', fine);
    app.get('/a', fail);
    const url = await start(app);
    await statuses(
      url,
      down(() => '/a'),
    );
    expect(await statuses(url, ['/a', '/a', '/a'], 'OPTIONS')).toEqual([200, 200, 200]);
    expect(names()).toEqual(['GET /a']);
  });

  it('is no circuit, and no memory, for a scan over paths that do not exist', async () => {
    const { app, guard, names } = application(express);
    app.use(guard());
    app.get('/a', fine);
    const answers = await pipelined(await start(app), [
      ...Array.from({ length: 1_000 }, (_unused, n) => `/nowhere/${n}`),
      '/a',
    ]);
    expect(answers.filter((status) => status === 404)).toHaveLength(1_000);
    expect(names()).toEqual(['GET /a']);
  });
});
