import { createRequire } from 'node:module';
import { type BreakerOptions, breaker, createBrownout } from '@brownout/express';
import type Express from 'express';
import express5 from 'express';
import { describe, expect, it } from 'vitest';
import { hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const express4 = createRequire(import.meta.url)('express-4') as typeof Express;
const expresses: [string, typeof Express][] = [
  ['Express 5', express5],
  ['Express 4', express4],
];

const start = useServers();

const get = async (url: string) => (await fetch(url)).status;
const fail: Express.RequestHandler = (_req, res) => {
  res.status(500).send('down');
};
const fine: Express.RequestHandler = (_req, res) => {
  res.send('fine');
};

describe.each(expresses)('Routes of %s', (_, express) => {
  const application = (options?: BreakerOptions<Express.Request>) => {
    const app = express();
    app.set('env', 'test');
    const brownout = createBrownout({ failureThreshold: 3, resetTimeoutMs: 60_000 });
    app.use(breaker({ brownout, fallback: [], ...options }));
    return { app, brownout, names: () => [...brownout.circuits.keys()].sort() };
  };

  it('are known by their patterns within mounts with parameters, whatever came', async () => {
    const { app, names } = application();
    const router = express.Router();
    router.get('/items/:item', fine);
    app.use('/tenants/:tenant', router);
    app.use('/@:user', express.Router().get('/posts', fine));
    const url = await start(app);
    for (const tenant of ['a', 'b', 'c%20d']) await get(`${url}/tenants/${tenant}/items/1`);
    for (const user of ['al', 'bo', 'cy']) await get(`${url}/@${user}/posts`);
    await get(`${url}/TENANTS/x/ITEMS/2`);
    expect(names()).toEqual(['GET /@:user/posts', 'GET /tenants/:tenant/items/:item']);
  });

  it('are kept apart where one router is mounted twice, on the way out to error handlers, too', async () => {
    const { app, brownout } = application();
    let failing = false;
    const router = express.Router().get('/x', (req, res, next) => {
      setImmediate(() => (failing && req.baseUrl === '/v1' ? next(new Error('down')) : res.send('fine')));
    });
    app.use('/v1', router);
    app.use('/v2', router);
    app.use(((_error, _req, res, _next) => {
      res.status(500).send('page');
    }) satisfies Express.ErrorRequestHandler);
    const url = await start(app);
    await get(`${url}/v1/x`);
    await get(`${url}/v2/x`);
    failing = true;
    for (let call = 0; call < 4; call++) await get(`${url}/v1/x`);
    expect(brownout.circuit('GET /v1/x').state).toBe('open');
    expect(brownout.circuit('GET /v2/x').metrics().calls).toMatchObject({ failure: 0 });
    expect(await get(`${url}/v2/x`)).toBe(200);
  });

  it('of a mounted application are refused when they are open', async () => {
    const { app, brownout } = application();
    let calls = 0;
    const sub = express();
    sub.get('/x', (req, res, next) => {
      calls++;
      fail(req, res, next);
    });
    app.use('/sub', sub);
    const url = await start(app);
    for (let call = 0; call < 6; call++) expect(await get(`${url}/sub/x`)).toBe(503);
    expect(calls).toBe(3);
    expect(brownout.circuit('GET /sub/x').metrics().calls).toMatchObject({ failure: 3, refused: 3 });
  });

  it('that are never reached count on the mount, at every call', async () => {
    const { app, brownout } = application();
    app.use(fail);
    const url = await start(app);
    for (let call = 0; call < 5; call++) expect(await get(`${url}/a`)).toBe(503);
    expect(brownout.circuit('ANY /*').metrics().calls).toMatchObject({ failure: 3, refused: 2 });
  });

  it('of inner mounts do not name the circuit of the mount', async () => {
    const { app, names } = application();
    app.use('/inner', fail);
    const url = await start(app);
    await get(`${url}/inner/a`);
    expect(names()).toEqual(['ANY /*']);
  });

  it('are not blamed for middleware that fails before them', async () => {
    const { app, brownout } = application();
    let failing = false;
    app.use((req, res, next) => (failing ? fail(req, res, next) : next()));
    app.get('/a', fine);
    const url = await start(app);
    await get(`${url}/a`);
    failing = true;
    for (let call = 0; call < 5; call++) expect(await get(`${url}/a`)).toBe(503);
    failing = false;
    expect(await get(`${url}/a`)).toBe(200);
    expect(brownout.circuit('GET /a').metrics().calls).toMatchObject({ success: 2, failure: 0, ignored: 0 });
  });

  it('that are not yet seen are not refused for a sibling with a parameter', async () => {
    const { app } = application();
    app.get('/login', fine);
    app.get('/:slug', fail);
    const url = await start(app);
    for (let call = 0; call < 4; call++) await get(`${url}/slug`);
    expect(await get(`${url}/login`)).toBe(200);
  });

  it('are not made by a scan over paths that do not exist', async () => {
    const { app, names } = application();
    app.get('/a', fine);
    const url = await start(app);
    for (let call = 0; call < 200; call++) await get(`${url}/nowhere/${call}`);
    expect(names()).toEqual([]);
  });

  it('with a breaker of their own leave nothing to the one around', async () => {
    const { app, brownout, names } = application();
    app.post('/ask', breaker({ brownout, fallback: [] }), fail);
    const url = await start(app);
    for (let call = 0; call < 5; call++) expect((await fetch(`${url}/ask`, { method: 'POST' })).status).toBe(503);
    expect(names()).toEqual(['POST /ask']);
    expect(brownout.circuit('POST /ask').metrics().calls).toMatchObject({ failure: 3, refused: 2 });
  });

  it('that pass on leave no route behind for a breaker after them', async () => {
    const brownout = createBrownout();
    const app = express();
    app.all(/.*/, (_req, _res, next) => next());
    app.use(breaker({ brownout }));
    app.get('/a', fine);
    app.get('/b', fine);
    const url = await start(app);
    await get(`${url}/a`);
    await get(`${url}/b`);
    expect([...brownout.circuits.keys()].sort()).toEqual(['GET /a', 'GET /b']);
  });

  it('are handed over to error handlers in time, and late answers harm nobody', async () => {
    const { app } = application({ timeoutMs: 30, fallback: false });
    const thrown: unknown[] = [];
    app.get('/late', (_req, res) => {
      setTimeout(() => {
        try {
          res.json({ late: true });
        } catch (error) {
          thrown.push(error);
        }
      }, 60);
    });
    const url = await start(app);
    expect(await get(`${url}/late`)).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(thrown).toEqual([]);
  });
});

describe.each(hosts)('What no route answers ($name)', (host) => {
  it('is refused for what has failed on its own path alone', async () => {
    const brownout = createBrownout({ failureThreshold: 3 });
    const server = host.create({
      use: { brownout, fallback: [] },
      routes: {},
      after: (call) => call.send(call.req.url === '/chat' ? 500 : 200, 'text'),
    });
    const url = await start(server);
    expect(await get(`${url}/logo.svg`)).toBe(200);
    for (let call = 0; call < 5; call++) expect(await get(`${url}/chat`)).toBe(503);
    const { calls } = brownout.circuit('ANY /*').metrics();
    expect(calls).toMatchObject({ success: 1, failure: 3, refused: 2 });
    expect(await get(`${url}/logo.svg`)).toBe(200);
    expect(await get(`${url}/other`)).toBe(200);
  });
});

describe.each(hosts.filter(({ family }) => family === 'koa'))('Koa without a router ($name)', (host) => {
  it('counts on the mount, at every call', async () => {
    const brownout = createBrownout({ failureThreshold: 3 });
    const server = host.create({
      use: { brownout, fallback: [] },
      routes: {},
      after: () => {
        throw new Error('down');
      },
    });
    const url = await start(server);
    for (let call = 0; call < 5; call++) expect(await get(`${url}/a`)).toBe(503);
    expect(brownout.circuit('ANY /*').metrics().calls).toMatchObject({ failure: 3, refused: 2 });
  });
});
