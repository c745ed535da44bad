import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { cachedAnswer, createBrownout } from '@brownout/core';
import { type BreakerOptions, breaker } from '@brownout/koa';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { useServers } from '../servers.ts';

const serve = useServers();

describe('Koa, with a body that flows', () => {
  const start = async (
    outside: Koa.Middleware,
    body: () => unknown = () => Readable.from(['fine']),
    options: BreakerOptions<Koa.Context> = {},
  ) => {
    const brownout = createBrownout();
    const app = new Koa();
    const reported: string[] = [];
    app.on('error', (error: Error) => reported.push(error.message));
    app.use(outside);
    app.use(breaker({ brownout, circuit: 'a', timeoutMs: 30, ...options }));
    app.use((ctx) => {
      ctx.type = 'text/plain';
      ctx.body = body();
    });
    return { url: await serve(app.callback()), brownout, reported, calls: () => brownout.circuit('a').metrics().calls };
  };
  const slow: Koa.Middleware = async (_ctx, next) => {
    await next();
    await sleep(100);
  };

  it('blames no route for middleware outside that is slow', async () => {
    const { url, calls } = await start(slow);
    expect(await (await fetch(url)).text()).toBe('fine');
    expect(calls()).toMatchObject({ success: 1, failure: 0 });
  });

  it('still keeps the deadline of the first byte once the body is piped', async () => {
    const { url, calls } = await start(slow, () => new Readable({ read() {} }));
    const response = await fetch(url);
    expect(response.headers.get('brownout-fallback')).toContain('reason=timeout');
    expect(calls()).toMatchObject({ failure: 1 });
  });

  it('leaves what middleware outside throws to Koa, and counts nothing', async () => {
    const { url, calls, reported } = await start(async (_ctx, next) => {
      await next();
      throw new Error('outside');
    });
    const response = await fetch(url);
    expect([response.status, response.headers.get('brownout-fallback')]).toEqual([500, null]);
    expect(reported).toEqual(['outside']);
    expect(calls()).toMatchObject({ success: 0, failure: 0, ignored: 1 });
  });

  it('answers for a source that dies while middleware outside is slow', async () => {
    const dying = () => {
      const source = new Readable({ read() {} });
      source.on('error', () => {});
      setTimeout(() => source.destroy(new Error('upstream is cut')), 10);
      return source;
    };
    const { url, calls } = await start(slow, dying);
    expect((await fetch(url)).headers.get('brownout-fallback')).toContain('reason=failure');
    expect(calls()).toMatchObject({ failure: 1 });
  });

  it('takes what middleware outside makes of it for the answer', async () => {
    const { url, calls } = await start(async (ctx, next) => {
      await next();
      ctx.body = `<${(await Readable.from(ctx.body as Readable).toArray()).join('')}>`;
    });
    expect(await (await fetch(url)).text()).toBe('<fine>');
    expect(calls()).toMatchObject({ success: 1 });
  });

  it('counts a HEAD and an answer without a body', async () => {
    const { url, calls } = await start(async (ctx, next) => {
      await next();
      if (ctx.query.empty !== undefined) ctx.status = 204;
    });
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${url}/?empty=1`)).status).toBe(204);
    expect(calls()).toMatchObject({ success: 2, failure: 0 });
  });

  it('stores it whole, whatever it came through', async () => {
    const { url, brownout } = await start(slow, undefined, { fallback: [cachedAnswer()] });
    await (await fetch(url)).text();
    brownout.circuit('a').forceOpen();
    expect(await (await fetch(url)).text()).toBe('fine');
  });
});
