import { AsyncLocalStorage } from 'node:async_hooks';
import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { type BrownoutEventName, cachedAnswer, createBrownout, type Tier } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();
const storage = new AsyncLocalStorage<string>();

/** Each request is dealt with in a context that is named as its header says. `come`: the names of those that have come. */
function named(server: Server, come: string[] = []): Server {
  const [listener] = server.listeners('request') as [(...args: unknown[]) => void];
  server.removeAllListeners('request');
  return server.on('request', (req, res) => {
    const name = String(req.headers['x-request-id']);
    storage.run(name, listener, req, res);
    setImmediate(() => come.push(name));
  });
}

/** What a connection that requests share does: it calls back in the context in which it was opened. */
const elsewhere = <T>(fn: () => T): T => storage.run('elsewhere', fn);

describe.each(hosts)('The asynchronous context of a request, $name', (host) => {
  /** `heard`: each event, as its listener is called, with the context that this is in. */
  async function start(options: object, handler: (call: Call) => unknown) {
    const brownout = createBrownout({ failureThreshold: 1 });
    const heard: string[] = [];
    const hear = (name: BrownoutEventName) =>
      brownout.on(name, () => void heard.push(`${name} in ${storage.getStore()}`), { inContext: true });
    for (const name of ['degraded', 'tripped', 'refused', 'half_opened'] as const) hear(name);
    const breaker = { brownout, circuit: 'a', fallback: [], ...options };
    const come: string[] = [];
    const url = await serve(named(host.create({ routes: { 'GET /a': { breaker, handler } } }), come));
    const ask = async (name: string, init: RequestInit = {}) => {
      const response = await fetch(`${url}/a`, { ...init, headers: { 'x-request-id': name } });
      await response.text().catch(() => {}); // it may be cut
      return response.status;
    };
    return { ask, heard, come, circuit: brownout.circuit('a') };
  }

  it('is that in which a failure is told that a shared connection brings', async () => {
    const { ask, heard } = await start({}, (call) => elsewhere(() => call.send(500, 'no')));
    expect(await ask('one')).toBe(503);
    expect(await ask('two')).toBe(503);
    expect(heard).toEqual(['tripped in one', 'degraded in one', 'refused in two', 'degraded in two']);
  });

  it('is that in which a deadline ends', async () => {
    const { ask, heard } = await start({ timeoutMs: 50, failureThreshold: 2 }, () => new Promise(() => {}));
    await Promise.all([ask('one'), ask('two')]);
    expect(heard).toEqual(['degraded in one', 'tripped in two', 'degraded in two']);
  });

  it('is that in which an answer comes that was waited for with another', async () => {
    const asked: Call[] = [];
    const { ask, heard, come } = await start({ fallback: [cachedAnswer({ coalesce: true })] }, (call) => {
      asked.push(call);
      return new Promise<void>((resolve) => call.req.once('fail', () => resolve(call.send(500, 'no'))));
    });
    const first = ask('one');
    await expect.poll(() => asked.length).toBe(1);
    const second = ask('two');
    await expect.poll(() => come).toEqual(['one', 'two']);
    elsewhere(() => asked[0]!.req.emit('fail'));
    expect(await Promise.all([first, second])).toEqual([503, 503]);
    expect(asked).toHaveLength(1);
    expect(heard).toEqual(['tripped in one', 'degraded in one', 'degraded in two']);
  });

  it('is that in which a call is refused that has waited in line for another', async () => {
    const asked: Call[] = [];
    const { ask, heard, come } = await start({ maxConcurrent: 1, maxQueued: 2, maxWaitMs: 20_000 }, (call) => {
      asked.push(call);
      return new Promise<void>((resolve) => call.req.once('fail', () => resolve(call.send(500, 'no'))));
    });
    const first = ask('one');
    await expect.poll(() => asked.length).toBe(1);
    const others = [ask('two'), ask('three')];
    await expect.poll(() => come).toHaveLength(3);
    asked[0]!.req.emit('fail');
    expect(await Promise.all([first, ...others])).toEqual([503, 503, 503]);
    expect(heard.toSorted()).toEqual(
      ['one', 'two', 'three']
        .flatMap((name) => [`degraded in ${name}`, name === 'one' ? 'tripped in one' : `refused in ${name}`])
        .toSorted(),
    );
  });

  it('is that in which a tier answers late', async () => {
    let answer = (_reply: object) => {};
    const slow: Tier = { name: 'slow', answer: () => new Promise((resolve) => (answer = resolve as typeof answer)) };
    const { ask, heard, circuit } = await start({ fallback: [slow] }, (call) => call.send(500, 'no'));
    const asked = ask('one');
    await expect.poll(() => circuit.state).toBe('open');
    elsewhere(() => answer({ body: 'late' }));
    expect(await asked).toBe(200);
    expect(heard).toEqual(['tripped in one', 'degraded in one']);
  });

  it('is that in which a stream is cut', async () => {
    const { ask, heard } = await start({ stream: { idleMs: 50 } }, (call) =>
      elsewhere(() => {
        const stream = new Readable({ read() {} });
        stream.push('data: 1\n\n');
        call.send(200, stream, { 'content-type': 'text/event-stream' });
      }),
    );
    expect(await ask('one')).toBe(200);
    expect(heard).toEqual(['tripped in one', 'degraded in one']);
  });

  it('is that in which a client is found to have left', async () => {
    const controller = new AbortController();
    const slow = { slowCallMs: 1, minimumCalls: 1, failureThreshold: false };
    const { ask, heard } = await start(slow, () => {
      setTimeout(() => controller.abort(), 20);
      return new Promise(() => {});
    });
    await expect(ask('one', { signal: controller.signal })).rejects.toThrow();
    await expect.poll(() => heard).toEqual(['tripped in one']);
  });

  it('is kept without a second permit where a breaker is around another', async () => {
    const handler = (call: Call) => call.send(call.req.headers['x-request-id'] === 'bad' ? 500 : 200, 'fine');
    const brownout = createBrownout({ failureThreshold: 1 });
    const heard: string[] = [];
    brownout.on('degraded', () => void heard.push(`degraded in ${storage.getStore()}`), { inContext: true });
    const options = { brownout, circuit: 'a', fallback: [] };
    const route = { breaker: options, handler };
    const url = await serve(named(host.create({ use: options, routes: { 'GET /a': route } })));
    const ask = async (name: string) => (await fetch(`${url}/a`, { headers: { 'x-request-id': name } })).status;
    expect([await ask('good'), await ask('bad')]).toEqual([200, 503]);
    expect(heard).toEqual(['degraded in bad']);
    expect(brownout.circuit('a').metrics()).toMatchObject({ inFlight: 0, calls: { success: 1, failure: 1 } });
  });
});
