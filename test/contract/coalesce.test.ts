import { Readable } from 'node:stream';
import { cachedAnswer, createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, type Host, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();

describe.each(hosts)('The same question at once, $name', (host: Host) => {
  /** A route whose handler is held; `calls` answer as they are told to. */
  async function start(options: object = {}) {
    const brownout = createBrownout({ resetTimeoutMs: 60_000, failureThreshold: false, failureRateThreshold: false });
    const calls: { readonly call: Call; end(act: () => void): void }[] = [];
    let arrived = 0;
    const url = await serve(
      host.create({
        before: () => {
          arrived++;
        },
        routes: {
          'GET /a': {
            breaker: { brownout, circuit: 'a', fallback: [cachedAnswer({ coalesce: true })], ...options },
            handler: (call) =>
              new Promise<void>((resolve, reject) => {
                calls.push({
                  call,
                  end(act) {
                    try {
                      act();
                      resolve();
                    } catch (error) {
                      reject(error as Error);
                    }
                  },
                });
              }),
          },
        },
      }),
    );
    const ask = async (init: RequestInit = {}) => {
      const response = await fetch(`${url}/a`, init);
      const { status, headers } = response;
      return {
        status,
        text: await response.text(),
        cache: headers.get('cache-status'),
        tag: headers.get('brownout-fallback'),
      };
    };
    /** One who asks, and others who wait. */
    const askers = async (count: number, init: RequestInit[] = []) => {
      const asked = [ask(init[0])];
      await expect.poll(() => calls.length).toBe(1);
      for (let at = 1; at < count; at++) asked.push(ask(init[at]));
      for (const one of asked) one.catch(() => {});
      await expect.poll(() => arrived, { interval: 5 }).toBe(count);
      await new Promise(setImmediate); // whoever has arrived is at the breaker by then, and asks or waits
      return asked;
    };
    return { calls, askers, ask, circuit: brownout.circuit('a') };
  }

  it('is asked once, and all have the answer', async () => {
    const { calls, askers, circuit } = await start();
    const asked = await askers(5);
    expect(calls).toHaveLength(1);
    calls[0]!.end(() => calls[0]!.call.send(200, { answer: 1 }));
    const [first, ...others] = await Promise.all(asked);
    expect(first).toMatchObject({ status: 200, text: '{"answer":1}', cache: null });
    for (const other of others) {
      expect(other).toMatchObject({
        status: 200,
        text: '{"answer":1}',
        cache: 'brownout; fwd=miss; collapsed',
        tag: null,
      });
    }
    expect(circuit.metrics()).toMatchObject({ inFlight: 0, calls: { success: 1 } });
  });

  it('fails for all when it fails', async () => {
    const { calls, askers, circuit } = await start();
    const asked = await askers(3);
    calls[0]!.end(() => {
      throw new Error('down');
    });
    for (const one of await Promise.all(asked)) {
      expect(one).toMatchObject({ status: 503, tag: 'unavailable; reason=failure; circuit="a"' });
    }
    expect(circuit.metrics().calls).toMatchObject({ failure: 1, refused: 0 });
  });

  it('is asked by one of those who wait when the first leaves, whose own call is aborted', async () => {
    const { calls, askers, circuit } = await start();
    const controller = new AbortController();
    const asked = await askers(3, [{ signal: controller.signal }]);
    const { signal } = calls[0]!.call.brownout;
    controller.abort();
    await expect(asked[0]).rejects.toThrow();
    await expect.poll(() => calls.length).toBe(2);
    expect(signal.aborted).toBe(true);
    calls[1]!.end(() => calls[1]!.call.send(200, 'late'));
    for (const one of await Promise.all(asked.slice(1))) expect(one).toMatchObject({ status: 200, text: 'late' });
    expect(calls).toHaveLength(2);
    expect(circuit.metrics()).toMatchObject({ inFlight: 0, calls: { success: 1, ignored: 1 } });
  });

  it('is asked again by one, and then by all, when the answer is not to be shared', async () => {
    const { calls, askers } = await start();
    const asked = await askers(4);
    const answer = (at: number) =>
      calls[at]!.end(() => calls[at]!.call.send(200, `own ${at}`, { 'cache-control': 'no-store' }));
    answer(0);
    await expect.poll(() => calls.length).toBe(2);
    answer(1);
    await expect.poll(() => calls.length).toBe(4);
    answer(2);
    answer(3);
    const texts = (await Promise.all(asked)).map(({ text }) => text);
    expect(texts.sort()).toEqual(['own 0', 'own 1', 'own 2', 'own 3']);
  });

  it.each<[string, (call: Call) => void]>([
    ['answers', (call) => call.send(404, 'none')],
    [
      'throws',
      () => {
        throw Object.assign(new Error('none'), { status: 404, expose: true });
      },
    ],
  ])('is not asked by one after another where the handler %s a 404', async (_, act) => {
    const { calls, askers } = await start();
    const asked = await askers(5);
    for (const at of [0, 1]) {
      calls[at]!.end(() => act(calls[at]!.call));
      await expect.poll(() => calls.length).toBeGreaterThan(at + 1);
    }
    await expect.poll(() => calls.length).toBe(5);
    for (const { call, end } of calls.slice(2)) end(() => act(call));
    for (const one of await Promise.all(asked)) expect(one.status).toBe(404);
  });

  it('degrades for all who wait when the answer falls silent in the middle', async () => {
    const { calls, askers } = await start({ stream: { idleMs: 300 } });
    const asked = await askers(3);
    const stream = new Readable({ read() {} });
    calls[0]!.end(() => calls[0]!.call.send(200, stream, { 'content-type': 'text/event-stream' }));
    stream.push('data: 1\n\n');
    const [first, ...others] = await Promise.all(asked);
    expect(first!.status).toBe(200);
    for (const one of others) {
      expect(one).toMatchObject({ status: 503, tag: 'unavailable; reason=timeout; circuit="a"' });
    }
    expect(calls).toHaveLength(1);
  });

  it('is no other user’s, nor of who asks for freshness', async () => {
    const { calls, askers } = await start();
    const headers = [{}, { authorization: 'b' }, { 'cache-control': 'no-cache' }];
    const asked = await askers(
      3,
      headers.map((of) => ({ headers: of as Record<string, string> })),
    );
    await expect.poll(() => calls.length).toBe(3);
    for (const { call, end } of calls) end(() => call.send(200, 'own'));
    for (const one of await Promise.all(asked)) expect(one).toMatchObject({ text: 'own', cache: null });
  });

  it('is asked by who has waited as long as the deadline is', async () => {
    const { calls, askers } = await start({ timeoutMs: 400, degradeOn: ['failure'] });
    const asked = await askers(2);
    await expect.poll(() => calls.length).toBe(2);
    for (const { call, end } of calls) end(() => call.send(200, 'own'));
    for (const one of await Promise.all(asked)) expect(one).toMatchObject({ status: 200, text: 'own' });
  });
});
