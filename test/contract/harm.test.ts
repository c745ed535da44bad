import { setTimeout as sleep } from 'node:timers/promises';
import { type AnswerStore, alternate, cachedAnswer, createBrownout, fixedAnswer, lruAnswers } from '@brownout/core';
import { breaker } from '@brownout/koa';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { type Application, type Call, type Host, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();
const start = (host: Host, application: Application) => serve(host.create(application));

/** A client that leaves after so many milliseconds. */
const leave = (url: string, afterMs: number) =>
  fetch(url, { signal: AbortSignal.timeout(afterMs) }).catch(() => 'left');
const fail = () => {
  throw new Error('upstream is down');
};

// An unhandled rejection fails the run: several of these once were one.
describe.each(hosts)('$name is not harmed by', (host) => {
  it('somebody outside who answers while a tier is asked', async () => {
    const brownout = createBrownout();
    const url = await start(host, {
      before: ({ res }) => {
        setTimeout(() => res.headersSent || res.writeHead(504).end('outside'), 20);
      },
      use: { brownout, circuit: 'a', fallback: [alternate(async () => sleep(60, { late: true }))] },
      routes: { 'GET /a': (call) => call.send(200, 'a') },
    });
    brownout.circuit('a').forceOpen();
    const response = await fetch(`${url}/a`);
    expect([response.status, await response.text()]).toEqual([504, 'outside']);
    await sleep(80);
  });

  it('clients that leave while a slow store is asked for a fresh answer', async () => {
    const slow = Promise.withResolvers<undefined>();
    let asked = 0;
    const get = () => {
      asked++;
      return slow.promise;
    };
    const store: AnswerStore = { get, set() {}, delete() {} };
    const brownout = createBrownout();
    let calls = 0;
    let left = 0;
    const url = await start(host, {
      before: ({ res }) => res.once('close', () => left++),
      use: { brownout, circuit: 'a', fallback: [cachedAnswer({ store, freshMs: 1_000 })] },
      routes: {
        'GET /a': (call) => {
          calls++;
          call.send(200, 'a');
        },
      },
    });
    const clients = new AbortController();
    const gone = Array.from({ length: 5 }, () => fetch(`${url}/a`, { signal: clients.signal }).catch(() => 'left'));
    await expect.poll(() => asked).toBe(5);
    clients.abort();
    expect(await Promise.all(gone)).toEqual(Array(5).fill('left'));
    await expect.poll(() => left).toBe(5);
    slow.resolve(undefined);
    await sleep(10);
    expect(calls).toBe(0);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ success: 0, failure: 0 });
    expect(brownout.circuit('a').inFlight).toBe(0);
  });

  it('a store that never answers', async () => {
    const store: AnswerStore = { get: () => new Promise(() => {}), set: () => new Promise(() => {}), delete() {} };
    const url = await start(host, {
      use: { brownout: createBrownout(), fallback: [cachedAnswer({ store, freshMs: 1_000 })] },
      routes: { 'GET /a': (call) => call.send(200, 'a') },
    });
    expect(await (await fetch(`${url}/a`)).text()).toBe('a');
  });

  it('failures after room was reserved for the answer', async () => {
    const lru = lruAnswers();
    let reserved = 0;
    const store: AnswerStore = {
      get: (key, note) => lru.get(key, note),
      set: (key, answer) => lru.set(key, answer),
      delete: (key) => lru.delete(key),
      reserve(bytes) {
        reserved += bytes;
        return true;
      },
      release(bytes) {
        reserved -= bytes;
      },
    };
    const head = ({ res }: Call) => res.writeHead(200, { 'content-type': 'text/event-stream' });
    const url = await start(host, {
      use: { brownout: createBrownout(), timeoutMs: 30, fallback: [cachedAnswer({ store })] },
      routes: {
        'GET /hangs': (call) => {
          head(call);
          return new Promise(() => {});
        },
        'GET /breaks': (call) => {
          head(call);
          call.res.write('data: 1\n\n');
          call.res.destroy();
          return new Promise(() => {});
        },
        'GET /whole': (call) => call.send(200, 'whole'),
      },
    });
    expect((await fetch(`${url}/hangs`)).status).toBe(503);
    await fetch(`${url}/breaks`)
      .then((response) => response.text())
      .catch(() => 'broken');
    expect((await fetch(`${url}/whole`)).status).toBe(200);
    await expect.poll(() => reserved).toBe(0);
    expect(lru.stats.entries).toBe(1);
  });

  it('functions of the user that reject, or throw, or return what they must not', async () => {
    const brownout = createBrownout();
    const failed: string[] = [];
    brownout.on('option_failed', ({ option }) => {
      failed.push(option);
    });
    const thrower = () => {
      throw new Error('mine');
    };
    const url = await start(host, {
      use: {
        brownout,
        skip: (async () => thrower()) as never,
        classify: thrower,
        fallback: [
          {
            name: 'watcher',
            answer: thrower,
            watch: () => ({ maxBytes: 100, answer: thrower, wants: thrower, fresh: thrower, succeeded: thrower }),
          },
          { name: 'late', answer: async () => thrower() },
          { name: 'rubbish', answer: () => ({ status: 42 }) as never },
          { name: 'no JSON', answer: () => ({ body: { big: 1n } }) },
          fixedAnswer({ at: 'last' }),
        ],
      },
      routes: { 'GET /a': fail },
    });
    const response = await fetch(`${url}/a`);
    expect(await response.json()).toMatchObject({ at: 'last', metadata: { fallback_reason: 'failure' } });
    expect(failed).toEqual(expect.arrayContaining(['watch', 'classify']));
  });

  it('watchers that throw while all is well', async () => {
    const thrower = () => {
      throw new Error('mine');
    };
    const watch = () => ({
      maxBytes: 100,
      answer: () => undefined,
      captured: thrower,
      release: thrower,
      succeeded: thrower,
    });
    const url = await start(host, {
      use: { brownout: createBrownout(), fallback: [{ name: 'watcher', answer: () => undefined, watch }] },
      routes: { 'GET /a': (call) => call.send(200, 'fine') },
    });
    expect(await (await fetch(`${url}/a`)).text()).toBe('fine');
  });

  it('a reason that is none', async () => {
    const url = await start(host, {
      use: { brownout: createBrownout() },
      routes: { 'GET /a': (call) => call.brownout.degrade(new Error('model "gpt" failed') as never) },
    });
    expect((await fetch(`${url}/a`)).headers.get('brownout-fallback')).toContain('reason=failure');
  });

  it('a listener that throws what has no string form', async () => {
    const brownout = createBrownout();
    let told = 0;
    brownout.on('degraded', () => {
      told++;
      throw Object.create(null);
    });
    const url = await start(host, { use: { brownout }, routes: { 'GET /a': fail } });
    for (let call = 0; call < 3; call++) expect((await fetch(`${url}/a`)).status).toBe(503);
    expect(told).toBe(3);
  });
});

describe.each(hosts)('$name', (host) => {
  it('tells a tier that is waited for that the client has left, and answers nobody', async () => {
    const brownout = createBrownout();
    let aborted = false;
    let degraded = 0;
    brownout.on('degraded', () => {
      degraded++;
    });
    const tier = {
      name: 'slow',
      answer: async (_: unknown, { signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return sleep(150, { body: {} });
      },
    };
    const url = await start(host, {
      use: { brownout, circuit: 'a', fallback: [tier] },
      routes: { 'GET /a': (call) => call.send(200, 'a') },
    });
    brownout.circuit('a').forceOpen();
    expect(await leave(`${url}/a`, 40)).toBe('left');
    await expect.poll(() => aborted).toBe(true);
    await sleep(150);
    expect(degraded).toBe(0);
  });

  it('serves a fresh answer without asking the handler, untagged', async () => {
    const brownout = createBrownout();
    let calls = 0;
    const url = await start(host, {
      use: { brownout, fallback: [cachedAnswer({ freshMs: 60_000 })] },
      routes: { 'GET /a': (call) => call.send(200, { call: ++calls }) },
    });
    for (let asked = 0; asked < 3; asked++) expect(await (await fetch(`${url}/a`)).json()).toEqual({ call: 1 });
    const hit = await fetch(`${url}/a`);
    expect(hit.headers.get('cache-status')).toBe('brownout; hit');
    expect(hit.headers.get('brownout-fallback')).toBeNull();
    expect(calls).toBe(1);
  });

  it('lets no cache keep a degraded answer, whatever earlier middleware has told them', async () => {
    const url = await start(host, {
      before: ({ res }) => {
        res.setHeader('Cache-Control', 'public, max-age=600');
        res.setHeader('CDN-Cache-Control', 'max-age=600');
        res.setHeader('Surrogate-Control', 'max-age=600');
        res.setHeader('Expires', 'Fri, 01 Jan 2100 00:00:00 GMT');
      },
      use: { brownout: createBrownout() },
      routes: { 'GET /a': fail },
    });
    const { headers } = await fetch(`${url}/a`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(['cdn-cache-control', 'surrogate-control', 'expires'].map((name) => headers.get(name))).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('stores nothing that earlier middleware has forbidden', async () => {
    const brownout = createBrownout();
    let up = true;
    const url = await start(host, {
      before: ({ res }) => res.setHeader('Cache-Control', 'no-store'),
      use: { brownout },
      routes: { 'GET /a': (call) => (up ? call.send(200, { secret: 1 }, { 'cache-control': 'no-store' }) : fail()) },
    });
    expect((await fetch(`${url}/a`)).status).toBe(200);
    up = false;
    expect((await fetch(`${url}/a`)).status).toBe(503);
  });

  it('keeps an answer apart by what earlier middleware varies on', async () => {
    const brownout = createBrownout();
    let up = true;
    const url = await start(host, {
      before: ({ res }) => res.setHeader('Vary', 'X-Colour'),
      use: { brownout },
      routes: { 'GET /a': (call) => (up ? call.send(200, { colour: call.req.headers['x-colour'] }) : fail()) },
    });
    const get = (colour: string) => fetch(`${url}/a`, { headers: { 'x-colour': colour } });
    await get('red');
    up = false;
    expect((await get('red')).status).toBe(200);
    expect((await get('blue')).status).toBe(503);
  });
});

describe('Koa', () => {
  it('lets the middleware outside finish on a fresh answer', async () => {
    const app = new Koa();
    let finished = 0;
    app.use(async (_ctx, next) => {
      await next();
      finished++;
    });
    app.use(breaker({ brownout: createBrownout(), fallback: [cachedAnswer({ freshMs: 60_000 })] }));
    app.use((ctx) => {
      ctx.body = { fine: true };
    });
    const url = await serve(app.callback());
    for (let asked = 0; asked < 3; asked++) await (await fetch(url)).text();
    expect(finished).toBe(3);
  });
});
