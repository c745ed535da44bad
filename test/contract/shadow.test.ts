import { Readable } from 'node:stream';
import { type BrownoutEvents, Circuit, createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, type Handler, hosts, type Options } from './hosts.ts';
import { ask, whenSettled } from './outage.ts';
import { useServers } from './servers.ts';

const serve = useServers();
const failing: Handler = (call) => call.send(500, 'as it is');
const mode = 'shadow';

describe.each(hosts)('In shadow, $name', (host) => {
  async function start(handler: Handler, options: Options, how: 'route' | 'guarded' | 'use' = 'route') {
    const brownout = createBrownout({ failureThreshold: 2 });
    const told: BrownoutEvents['would_trip'][] = [];
    brownout.on('would_trip', (event) => void told.push(event));
    const given = { brownout, ...options };
    const route = how === 'use' ? handler : { [how === 'route' ? 'breaker' : 'guarded']: given, handler };
    const url = await serve(host.create({ ...(how === 'use' && { use: given }), routes: { 'GET /a': route } }));
    return {
      brownout,
      told,
      url,
      ask: async () => {
        const answer = await ask(url);
        for (const circuit of brownout.circuits.values()) await whenSettled(circuit);
        return answer;
      },
    };
  }

  it.each([
    ['a route', 'route', { mode, circuit: 'a' }],
    ['a handler', 'guarded', { mode, circuit: 'a' }],
    ['an application', 'use', { mode }],
    ['a row of a table', 'use', { routes: { 'GET /a': { mode } } }],
    ['a circuit that is handed in', 'route', undefined],
  ] as const)('%s fails as it would, and what would trip is told once', async (_, how, options) => {
    const events = createBrownout();
    const circuit = new Circuit('handed', { mode, failureThreshold: 2 }, events.events);
    const scene = await start(failing, options ?? { circuit }, how);
    if (options === undefined) events.on('would_trip', (event) => void scene.told.push(event));
    for (let call = 0; call < 4; call++) {
      const { status, text, level } = await scene.ask();
      expect([status, text, level]).toEqual([500, 'as it is', undefined]);
    }
    const counted = options === undefined ? circuit : [...scene.brownout.circuits.values()].at(-1)!;
    expect(scene.told).toEqual([{ circuit: counted.name, at: expect.any(Number), rule: 'streak' }]);
    expect(counted.metrics()).toMatchObject({
      state: 'closed',
      calls: { failure: 4, success: 0, refused: 0 },
      transitions: { wouldTrip: 1, tripped: 0 },
    });
  });

  it('a deadline is counted once, and aborts nothing', async () => {
    const handler = async (call: Call) => {
      const { signal } = call.brownout;
      await overdue.promise;
      call.send(200, String(signal.aborted));
    };
    const overdue = Promise.withResolvers<void>();
    let settled = 0;
    const scene = await start(handler, { mode, circuit: 'a', timeoutMs: 20 });
    scene.brownout.on('settled', () => {
      settled++;
      overdue.resolve();
    });
    expect((await scene.ask()).text).toBe('false');
    expect(scene.brownout.circuit('a').metrics().calls).toMatchObject({ failure: 1, success: 0, ignored: 0 });
    expect(settled).toBe(1);
  });

  it.each([
    ['is silent for too long', { idleMs: 20 }],
    ['goes on for too long', { totalMs: 20 }],
  ])('a stream that %s is counted as a failure once, and comes whole', async (_, stream) => {
    const overdue = Promise.withResolvers<void>();
    let settled = 0;
    const handler = (call: Call) => {
      const source = new Readable({ read() {} });
      call.send(200, source, { 'content-type': 'text/event-stream' });
      source.push('data: one\n\n');
      void overdue.promise.then(() => {
        source.push('data: two\n\n');
        source.push(null);
      });
    };
    const scene = await start(handler, { mode, circuit: 'a', stream });
    scene.brownout.on('settled', () => {
      settled++;
      overdue.resolve();
    });
    expect((await scene.ask()).text).toBe('data: one\n\ndata: two\n\n');
    expect(scene.brownout.circuit('a').metrics().calls).toMatchObject({ failure: 1, success: 0, ignored: 0 });
    expect(settled).toBe(1);
  });
});
