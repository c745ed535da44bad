import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const { alternate, createBrownout, cachedAnswer } = forExpress;
const start = useServers();

/** A source that gives one event, and dies. */
function dying(): Readable {
  const source = new Readable({ read() {} });
  source.push('data: one\n\n');
  setTimeout(() => source.destroy(new Error('upstream is cut')), 30);
  source.on('error', () => {});
  return source;
}

describe.each(hosts)('On the wire, $name', (host) => {
  it('answers when the head was made before the breaker', async () => {
    const brownout = createBrownout();
    const url = await start(
      host.create({
        before: ({ res }) => {
          res.writeHead(200, { 'content-type': 'text/plain' });
        },
        use: { brownout, circuit: 'a' },
        routes: {
          'GET /a': ({ res }) => {
            res.end('fine');
            return new Promise(() => {});
          },
        },
        keepsOn: true,
      }),
    );
    expect(await (await fetch(`${url}/a`)).text()).toBe('fine');
  });

  it.each(['GET', 'HEAD'])('keeps the frame of an answer whose end is deferred from outside (%s)', async (method) => {
    const url = await start(
      host.create({
        before: ({ res }) => {
          const end = res.end;
          res.end = ((...args: Parameters<typeof end>) => {
            setTimeout(() => end.apply(res, args), 5);
            return res;
          }) as never;
        },
        use: { brownout: createBrownout(), fallback: [] },
        routes: { 'GET /a': ({ res }) => res.writeHead(500).end('down') && new Promise(() => {}) },
      }),
    );
    const response = await fetch(`${url}/a`, { method });
    expect(response.status).toBe(503);
    expect((await response.text()).startsWith(method === 'GET' ? '{"type"' : '')).toBe(true);
  });

  it.each<[string, (res: ServerResponse) => unknown]>([
    ['pipeline', (res) => pipeline(dying(), res, () => {})],
    ['pipe', (res) => dying().pipe(res)],
    ['destroy', (res) => res.write('data: one\n\n') && setTimeout(() => res.destroy(), 30)],
  ])('ends a stream of events that breaks off in a %s with one that says so', async (_, answer) => {
    const brownout = createBrownout();
    const url = await start(
      host.create({
        use: { brownout, circuit: 'a' },
        routes: {
          'GET /a': ({ res }) => {
            res.writeHead(200, { 'Content-Type': 'text/event-stream' });
            answer(res);
            return new Promise(() => {});
          },
        },
      }),
    );
    const text = await (await fetch(`${url}/a`)).text();
    expect(text).toContain('data: one\n\n');
    expect(text).toContain('event: brownout\ndata: {"metadata":{"from_fallback":true,"fallback_reason":"failure"');
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ failure: 1, ignored: 0 });
    expect(brownout.circuit('a').inFlight).toBe(0);
  });

  it('ends a stream of events that its handler has corked with its last words, too', async () => {
    const url = await start(
      host.create({
        use: { brownout: createBrownout(), stream: { idleMs: 30 } },
        routes: {
          'GET /a': ({ res }) => {
            res.writeHead(200, { 'Content-Type': 'text/event-stream' });
            res.write('data: one\n\n');
            res.cork();
            res.write('data: two\n\n');
            return new Promise(() => {});
          },
        },
      }),
    );
    expect(await (await fetch(`${url}/a`)).text()).toMatch(/data: one.*data: two.*event: brownout/s);
  });

  it.each([
    ['Trailer', 'X-Sum'],
    ['Transfer-Encoding', 'chunked'],
  ])('answers where earlier middleware has announced a %s', async (name, value) => {
    const url = await start(
      host.create({
        before: ({ res }) => res.setHeader(name, value),
        use: { brownout: createBrownout(), timeoutMs: 20 },
        routes: { 'GET /a': () => new Promise(() => {}) },
      }),
    );
    const response = await fetch(`${url}/a`);
    expect([response.status, response.headers.get(name)]).toEqual([503, null]);
    expect(await response.json()).toMatchObject({ status: 503 });
  });

  it.each(['at once', 'later'])('answers, %s, where a handler ends its request when its time is over', async (when) => {
    const slowly = alternate(async () => sleep(20, { body: { from: 'another' } }));
    const url = await start(
      host.create({
        use: { brownout: createBrownout(), timeoutMs: 20, fallback: when === 'later' ? [slowly] : [] },
        routes: {
          'POST /a': ({ req, brownout }) => {
            brownout.signal.addEventListener('abort', () => req.destroy());
            return new Promise(() => {});
          },
        },
      }),
    );
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { 'content-type': 'text/x-unread', 'content-length': 3 };
      request(`${url}/a`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode!))
        .on('error', reject)
        .end('abc');
    });
    expect(status).toBe(when === 'later' ? 200 : 503);
  });

  it('lets a 429 through that says when to come back, however it was said', async () => {
    const url = await start(
      host.create({
        use: { brownout: createBrownout(), fallback: [] },
        routes: {
          'GET /a': ({ res }) => res.writeHead(429, { 'Retry-After': '7' }).end('mine') && new Promise(() => {}),
        },
      }),
    );
    const response = await fetch(`${url}/a`);
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([429, '7', 'mine']);
  });

  it.each<[string, object, boolean]>([
    ['lets a 429 through that is thrown for the client to see, with its time', { expose: true }, false],
    ['answers by a tier when a 429 of an upstream is thrown, with its time', {}, true],
  ])('%s', async (_, own, isDegraded) => {
    const brownout = createBrownout();
    const url = await start(
      host.create({
        routes: {
          'GET /a': {
            guarded: { brownout, circuit: 'a', fallback: [] },
            handler: () => {
              throw Object.assign(new Error('mine'), { status: 429, headers: { 'Retry-After': '7' }, ...own });
            },
          },
        },
      }),
    );
    const { status, headers } = await fetch(`${url}/a`);
    expect([status, headers.get('retry-after')]).toEqual([429, '7']);
    expect(headers.has('brownout-fallback')).toBe(isDegraded);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ failure: 0, ignored: 1 });
  });

  it('does not take pipelined requests whose client left for failures', async () => {
    const brownout = createBrownout();
    const url = await start(
      host.create({
        use: { brownout, circuit: 'a' },
        routes: { 'GET /a': () => new Promise(() => {}) },
      }),
    );
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(8));
    await expect.poll(() => brownout.circuit('a').inFlight).toBe(8);
    socket.destroy();
    await expect.poll(() => brownout.circuit('a').inFlight).toBe(0);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ failure: 0, ignored: 8 });
  });

  it('does not take a queued answer that flows for broken when its client leaves', async () => {
    const brownout = createBrownout();
    const url = await start(
      host.create({
        use: { brownout, circuit: 'a' },
        routes: {
          'GET /slow': () => new Promise(() => {}),
          'GET /flows': ({ res }) => res.write('data') && new Promise(() => {}),
        },
      }),
    );
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /flows HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => brownout.circuit('a').inFlight).toBe(2);
    socket.destroy();
    await expect.poll(() => brownout.circuit('a').inFlight).toBe(0);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ failure: 0, ignored: 2 });
  });

  it('lets a handler go on from elsewhere when a source has died', async () => {
    const url = await start(
      host.create({
        use: { brownout: createBrownout() },
        routes: {
          'GET /a': async ({ res }) => {
            const first = new PassThrough();
            first.pipe(res, { end: false });
            first.write('one ');
            await sleep(20);
            first.destroy();
            await sleep(20);
            res.end('two');
            return new Promise(() => {});
          },
        },
      }),
    );
    expect(await (await fetch(`${url}/a`)).text()).toBe('one two');
  });

  it('waits with its deadline for an upload, however it is read', async () => {
    const upload = async (read: (req: IncomingMessage) => Promise<void>) => {
      const url = await start(
        host.create({
          use: { brownout: createBrownout(), timeoutMs: 120 },
          routes: {
            'POST /a': async ({ req, ...call }) => {
              await read(req);
              await sleep(80);
              call.send(200, 'taken');
            },
          },
        }),
      );
      return new Promise<number>((resolve, reject) => {
        const sent = request(`${url}/a`, { method: 'POST', headers: { 'content-type': 'text/x-slow' } }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        }).on('error', reject);
        void (async () => {
          for (let chunk = 0; chunk < 6; chunk++) {
            sent.write('x');
            await sleep(40);
          }
          sent.end();
        })();
      });
    };
    const drained = async (req: IncomingMessage) => {
      for await (const _ of req);
    };
    const flowing = (req: IncomingMessage) => new Promise<void>((resolve) => req.resume().once('end', resolve));
    expect([await upload(drained), await upload(flowing)]).toEqual([200, 200]);
  });

  it('answers 408 to an upload that stops, whatever the handler does when it hears of it', async () => {
    const url = await start(
      host.create({
        use: { brownout: createBrownout(), timeoutMs: 30 },
        routes: {
          'POST /a': ({ req, res, brownout }) => {
            req.resume();
            brownout.signal.addEventListener('abort', () => res.end('mine'));
            return new Promise(() => {});
          },
        },
      }),
    );
    const headers = { 'content-type': 'text/x-slow', 'content-length': 8 };
    const status = await new Promise((resolve, reject) => {
      request(`${url}/a`, { method: 'POST', headers }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .write('half');
    });
    expect(status).toBe(408);
  });

  it('leaves a source alone that others read, too', async () => {
    const radio = new Readable({ read() {} });
    radio.on('data', () => {});
    const url = await start(
      host.create({
        use: { brownout: createBrownout(), timeoutMs: 30 },
        routes: {
          'GET /a': ({ res }) => {
            radio.pipe(res);
            return new Promise(() => {});
          },
        },
      }),
    );
    expect((await fetch(`${url}/a`)).status).toBe(503);
    expect(radio.destroyed).toBe(false);
    radio.destroy();
  });
});

describe('On the wire, Express', () => {
  const application = async (guard: (handler: express.RequestHandler) => express.RequestHandler[]) => {
    const app = express();
    app.set('env', 'test');
    const sockets: boolean[] = [];
    const handler: express.RequestHandler = async (req, res) => {
      const { socket } = req;
      res.on('finish', () => sockets.push(req.socket === socket));
      res.type('text/event-stream').write('data: one\n\n');
      await sleep(10);
      throw new Error('upstream is cut');
    };
    app.get('/a', ...guard(handler));
    return { url: await start(app), sockets };
  };

  const options = () => ({ brownout: createBrownout(), circuit: 'a' });
  it.each<[string, (o: ReturnType<typeof options>, handler: express.RequestHandler) => express.RequestHandler[]]>([
    ['breaker', (o, handler) => [forExpress.breaker(o) as express.RequestHandler, handler]],
    ['guarded', (o, handler) => [forExpress.guarded(handler, o)]],
  ])(
    'ends a stream whose handler fails with an event that says so, and leaves its socket what it was (%s)',
    async (_, guard) => {
      const o = options();
      const { url, sockets } = await application((handler) => guard(o, handler));
      expect(await (await fetch(`${url}/a`)).text()).toContain('event: brownout');
      expect(o.brownout.circuit('a').metrics().calls).toMatchObject({ failure: 1, ignored: 0 });
      expect(sockets).toEqual([true]);
    },
  );
});

describe.each(hosts.filter(({ family }) => family === 'koa'))('On the wire, $name', (host) => {
  it('answers for a stream that closes without an error before its first byte', async () => {
    const seen: unknown[] = [];
    const url = await start(
      host.create({
        use: { brownout: createBrownout() },
        routes: {
          'GET /a': (call) => {
            const source = new PassThrough();
            call.send(200, source);
            setTimeout(() => source.destroy(), 20);
          },
        },
        onError: (error) => seen.push(error),
      }),
    );
    expect((await fetch(`${url}/a`)).status).toBe(503);
    expect(seen.every((error) => error instanceof Error)).toBe(true);
  });

  it('answers for a file that is not there as the host does: with 404 in Koa 2, as for any error in Koa 3', async () => {
    const brownout = createBrownout();
    const seen: unknown[] = [];
    const url = await start(
      host.create({
        use: { brownout, circuit: 'a' },
        routes: { 'GET /a': () => readFile('/there/is/no/such/file') },
        onError: (error) => seen.push(error),
      }),
    );
    const isMissing = host.name === 'Koa 2';
    expect((await fetch(`${url}/a`)).status).toBe(isMissing ? 404 : 503);
    expect((await fetch(`${url}/a`)).status).toBe(isMissing ? 404 : 503);
    expect(brownout.circuit('a').metrics().calls).toMatchObject(isMissing ? { ignored: 2 } : { failure: 2 });
    expect(seen).toHaveLength(2);
  });
});

describe('On the wire, Koa', () => {
  const application = (
    outside: Koa.Middleware,
    options: forKoa.BreakerOptions<Koa.Context>,
    inside: Koa.Middleware,
  ) => {
    const app = new Koa();
    app.silent = true;
    app.use(outside);
    app.use(forKoa.breaker(options));
    app.use(inside);
    return start(app.callback());
  };

  it('does not blame a route for slow middleware outside', async () => {
    const brownout = createBrownout();
    const url = await application(
      async (_ctx, next) => {
        await next();
        await sleep(60);
      },
      { brownout, circuit: 'a', timeoutMs: 30 },
      (ctx) => {
        ctx.body = 'fine';
      },
    );
    expect((await fetch(url)).status).toBe(200);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ success: 1, failure: 0 });
  });

  it('stores the answer of the handler, and not what middleware outside makes of it', async () => {
    const brownout = createBrownout();
    let visits = 0;
    const url = await application(
      async (ctx, next) => {
        await next();
        ctx.cookies.set('visit', String(++visits));
        ctx.set('X-Visit', String(visits));
        if (typeof ctx.body === 'string') ctx.body = JSON.parse(ctx.body);
        ctx.body = { code: 0, data: ctx.body };
      },
      { brownout, circuit: 'a', fallback: [cachedAnswer({ scope: () => 'all' })] },
      (ctx) => {
        ctx.body = { answer: 42 };
      },
    );
    expect(await (await fetch(url)).json()).toEqual({ code: 0, data: { answer: 42 } });
    brownout.circuit('a').forceOpen();
    const cached = await fetch(url);
    expect(cached.headers.get('x-visit')).toBe('2');
    expect(cached.headers.get('set-cookie')).toContain('visit=2');
    expect(await cached.json()).toMatchObject({
      code: 0,
      data: { answer: 42, metadata: { fallback_level: 'l1_cache' } },
    });
  });
});
