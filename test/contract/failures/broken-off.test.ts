import { once } from 'node:events';
import { cachedAnswer, createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, type Handler, hosts } from '../hosts.ts';
import { useServers } from '../servers.ts';
import { observe, styles } from './observe.ts';

const serve = useServers();

const raw = ({ ctx, res }: Call, length?: number) => {
  if (ctx !== undefined) ctx.respond = false;
  res.writeHead(200, length === undefined ? {} : { 'Content-Length': length });
};

describe.each(hosts)('$name', (host) => {
  const every = (handler: Handler) => Promise.all(styles.map((style) => observe(host, style, { handler })));

  it.each<[string, Handler]>([
    ['is shorter', ({ res }) => res.write('abc') && res.end()],
    ['is shorter, in one piece', ({ res }) => res.end('abc')],
    ['is nothing', ({ res }) => res.end()],
    ['is longer', ({ res }) => res.write('abc') && res.end('a'.repeat(100))],
  ])('breaks off an answer that %s than its length promises, and counts a failure', async (_, send) => {
    const seen = await every((call) => {
      raw(call, 10);
      send(call);
    });
    for (const { client, connection, counted } of seen) {
      expect(client).toMatch(/^nothing$|broken$/);
      expect([connection, counted]).toEqual(['closed', 'failure']);
    }
  });

  it.each<[string, Handler]>([
    ['text of many bytes', ({ res }) => res.write('äöü', 'utf8') && res.end('äöü')],
    ['latin1', ({ res }) => res.write('äöüäöü', 'latin1') && res.end('616263616263', 'hex')],
    ['bytes', ({ res }) => res.write(new Uint8Array(6)) && res.write('') && res.end(Buffer.alloc(6), () => {})],
  ])('takes an answer for whole that is as long as it promises, given as %s', async (_, send) => {
    const seen = await every((call) => {
      raw(call, 12);
      send(call);
    });
    for (const one of seen) expect(one).toMatchObject({ client: '200', connection: 'kept', counted: 'success' });
  });

  it.each([204, 304])('takes a %i for whole that names a length', async (status) => {
    const seen = await every(({ ctx, res }) => {
      if (ctx !== undefined) ctx.respond = false;
      res.writeHead(status, { 'Content-Length': 10 }).end();
    });
    for (const { client, counted } of seen) expect([client, counted]).toEqual([String(status), 'success']);
  });

  it.each<[string, (call: Call) => unknown]>([
    ['req.socket.destroy()', ({ req }) => req.socket.destroy()],
    ['res.socket.destroy()', ({ res }) => res.socket!.destroy()],
  ])('counts an answer that never came because of `%s`', async (_, destroy) => {
    let reason: unknown;
    const seen = await every((call) => {
      const { signal } = call.brownout;
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      destroy(call);
    });
    for (const one of seen) expect(one).toMatchObject({ client: 'nothing', connection: 'closed', counted: 'failure' });
    expect(String(reason)).toContain('The connection has been ended');
  });

  it('neither counts nor stores as whole what is ended after its connection', async () => {
    const brownout = createBrownout();
    const url = await serve(
      host.create({
        use: { brownout, circuit: 'a', fallback: [cachedAnswer()] },
        routes: {
          'GET /a': (call) => {
            raw(call);
            call.res.write('part');
            call.res.socket!.destroy();
            call.res.end();
          },
        },
      }),
    );
    await expect(fetch(`${url}/a`)).rejects.toThrow();
    await expect.poll(() => brownout.circuit('a').inFlight).toBe(0);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ success: 0, failure: 1 });
    brownout.circuit('a').forceOpen();
    expect((await fetch(`${url}/a`)).status).toBe(503);
  });

  it('blames no route for a server that is closed with all its connections', async () => {
    const brownout = createBrownout();
    const reached = Promise.withResolvers<void>();
    const server = host.create({
      use: { brownout, circuit: 'a' },
      routes: {
        'GET /flows': ({ res, ctx }) => {
          if (ctx !== undefined) ctx.respond = false;
          res.write('part');
        },
        'GET /hangs': () => {
          reached.resolve();
          return new Promise(() => {});
        },
      },
    });
    const url = await serve(server);
    const flows = await fetch(`${url}/flows`);
    const asked = [flows.text(), fetch(`${url}/hangs`)].map((answer) => answer.catch(() => 'ended'));
    await reached.promise;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    expect(await Promise.all(asked)).toEqual(['ended', 'ended']);
    await closed;
    await expect.poll(() => brownout.circuit('a').inFlight).toBe(0);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ success: 0, failure: 0, ignored: 2 });
  });
});
