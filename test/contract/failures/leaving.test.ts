import { cachedAnswer, createBrownout, lruAnswers } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, type Handler, hosts } from '../hosts.ts';
import { useServers } from '../servers.ts';

const serve = useServers();

describe.each(hosts)('$name, when its client leaves', (host) => {
  const start = async (handler: Handler) => {
    const brownout = createBrownout();
    const store = lruAnswers();
    const told: string[] = [];
    const reported: unknown[] = [];
    brownout.on('degraded', () => void told.push('degraded'));
    brownout.on('settled', ({ verdict }) => void told.push(verdict));
    const url = await serve(
      host.create({
        use: { brownout, circuit: 'a', stream: { idleMs: 30_000 }, fallback: [cachedAnswer({ store })] },
        routes: { 'GET /a': handler },
        onError: (error) => reported.push(error),
      }),
    );
    return { url, circuit: brownout.circuit('a'), store, told, reported };
  };
  const raw = ({ ctx, res }: Call) => {
    if (ctx !== undefined) ctx.respond = false;
    res.statusCode = 200;
    res.setHeader('Content-Type', 'text/event-stream');
    return res;
  };
  const abortOf = ({ brownout: { signal } }: Call) =>
    new Promise<unknown>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));

  const forms: Record<string, Handler> = {
    'before the first byte': async (call) => {
      await abortOf(call);
      call.send(200, { late: true });
    },
    'in mid-answer': async (call) => {
      raw(call).write('data: one\n\n');
      await abortOf(call);
      call.res.end('data: two\n\n');
    },
    'in mid-answer, and the handler fails of it': async (call) => {
      raw(call).write('data: one\n\n');
      throw await abortOf(call);
    },
  };

  it.each(Object.entries(forms))('%s, aborts the signal, counts nothing and keeps nothing', async (name, handler) => {
    const reached = Promise.withResolvers<Call>();
    const over = Promise.withResolvers<void>();
    const { url, circuit, store, told } = await start(async (call) => {
      reached.resolve(call);
      const handled = new Promise<void>((resolve) => resolve(handler(call) as Promise<void>));
      void handled.catch(() => {}).finally(over.resolve);
      await handled;
    });
    const controller = new AbortController();
    const asked = fetch(`${url}/a`, { signal: controller.signal });
    const { brownout } = await reached.promise;
    if (name !== 'before the first byte') await (await asked).body!.getReader().read();
    controller.abort();
    await asked.catch(() => {});
    await over.promise;
    expect(String(brownout.signal.reason)).toContain('The client has left');
    await expect.poll(() => circuit.inFlight).toBe(0);
    expect(circuit.metrics().calls).toMatchObject({ success: 0, failure: 0, ignored: 1 });
    expect([told, store.stats.entries, store.stats.bytes]).toEqual([['ignore'], 0, 0]);
    circuit.forceOpen();
    expect((await fetch(`${url}/a`)).status).toBe(503);
  });

  it('counts nothing though nobody has read the signal', async () => {
    const reached = Promise.withResolvers<void>();
    const { url, circuit } = await start(() => {
      reached.resolve();
      return new Promise(() => {});
    });
    const controller = new AbortController();
    const asked = fetch(`${url}/a`, { signal: controller.signal }).catch(() => {});
    await reached.promise;
    controller.abort();
    await asked;
    await expect.poll(() => circuit.metrics().calls.ignored).toBe(1);
  });
});
