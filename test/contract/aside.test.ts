import { createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Handler, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();

describe.each(hosts)('a handler that stands aside, on $name', ({ create }) => {
  async function start(handler: Handler) {
    const brownout = createBrownout();
    const told: string[] = [];
    for (const name of ['settled', 'degraded', 'refused'] as const) brownout.on(name, () => void told.push(name));
    const use = { brownout, timeoutMs: 20, stream: { idleMs: 20, totalMs: 40 } };
    const url = await serve(create({ use, routes: { 'GET /a': handler } }));
    return { brownout, told, url: `${url}/a` };
  }

  it('answers as without a breaker: late, with a failure, and without a circuit', async () => {
    const { brownout, told, url } = await start(async ({ brownout, send }) => {
      brownout.standAside();
      await new Promise((resolve) => setTimeout(resolve, 60)); // deadlines are real time
      send(503, 'its own');
    });
    const answer = await fetch(url);
    expect([answer.status, await answer.text(), answer.headers.get('brownout-fallback')]).toEqual([
      503,
      'its own',
      null,
    ]);
    expect([told, [...brownout.circuits.keys()]]).toEqual([[], []]);
  });

  it('streams for as long as it likes', async () => {
    const { told, url } = await start(({ brownout, res, ctx }) => {
      if (ctx !== undefined) ctx.respond = false;
      brownout.standAside();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\n');
      setTimeout(() => res.end('data: 2\n\n'), 80);
    });
    expect(await (await fetch(url)).text()).toBe('data: 1\n\ndata: 2\n\n');
    expect(told).toEqual([]);
  });

  it('gives the place back that it had, and the circuit of the others is as it was', async () => {
    let isAside = false;
    const { brownout, told, url } = await start(({ brownout, send }) => {
      if (isAside) brownout.standAside();
      send(isAside ? 503 : 200, 'its own');
    });
    await fetch(url);
    isAside = true;
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([503, 'its own']);
    expect(brownout.circuit('GET /a').metrics()).toMatchObject({
      inFlight: 0,
      calls: { success: 1, failure: 0, ignored: 0 },
    });
    expect(told).toEqual(['settled']);
  });

  it('has no choice once its answer flows', async () => {
    const { told, url } = await start(({ brownout, res, ctx }) => {
      if (ctx !== undefined) ctx.respond = false;
      res.writeHead(200);
      res.write('whole');
      brownout.standAside();
      res.end();
    });
    expect(await (await fetch(url)).text()).toBe('whole');
    expect(told).toEqual(['settled']);
  });
});
