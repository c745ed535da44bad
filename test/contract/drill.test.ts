import {
  type BrownoutEvents,
  cachedAnswer,
  createBrownout,
  type FallbackMetadata,
  fixedAnswer,
  llmRoute,
} from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Application, type Call, hosts, type Options } from './hosts.ts';
import { ask, whenSettled } from './outage.ts';
import { useServers } from './servers.ts';

const serve = useServers();
const value = 'a-secret-of-some-length';
const header = { name: 'X-Drill', value };
const carrying = { headers: { 'X-Drill': value } };

describe.each(hosts)('A drill, $name', (host) => {
  /** `GET /a` and `POST /a`, guarded in the way that is said, and how often their handler was called. */
  async function start(
    options: Options,
    how: 'route' | 'guarded' | 'use' | 'learned' = 'route',
    more: Partial<Application> = {},
  ) {
    const brownout = createBrownout({ resetTimeoutMs: 60_000, random: () => random });
    let random = 0.99;
    let calls = 0;
    const handler = (call: Call) => {
      calls++;
      call.send(200, { call: calls });
    };
    const given = { brownout, ...(how === 'learned' ? {} : { circuit: 'a' }), ...options };
    const route =
      how === 'use' || how === 'learned' ? handler : { [how === 'route' ? 'breaker' : 'guarded']: given, handler };
    const told: BrownoutEvents['degraded'][] = [];
    brownout.on('degraded', (event) => void told.push(event));
    const application = {
      ...(route === handler && { use: given }),
      routes: { 'GET /a': route, 'POST /a': route },
      ...more,
    };
    const url = await serve(host.create(application));
    return {
      brownout,
      circuit: brownout.circuit('a'),
      told,
      url,
      ask: async (asked: Parameters<typeof ask>[1] = {}) => {
        const answer = await ask(url, asked);
        for (const circuit of brownout.circuits.values()) await whenSettled(circuit);
        return answer;
      },
      draw: (next: number) => {
        random = next;
      },
      get calls() {
        return calls;
      },
    };
  }

  it.each(['route', 'guarded', 'use'] as const)(
    'goes to the tiers without the handler, and counts nothing: %s',
    async (how) => {
      const scene = await start({ drill: { rate: 0.25 }, fallback: [] }, how);
      expect((await scene.ask()).status).toBe(200);
      scene.draw(0.2);
      const drilled = await scene.ask({ method: 'POST', body: { a: 1 } });
      expect(drilled.status).toBe(503);
      expect(drilled.headers['brownout-fallback']).toBe('unavailable; reason=drill; circuit="a"');
      expect(drilled.headers['cache-control']).toBe('no-store');
      expect(drilled.headers['retry-after']).toBeUndefined();
      expect(drilled.json).toMatchObject({
        detail: 'This service is temporarily unavailable. Please try again later.',
        metadata: { from_fallback: true, fallback_reason: 'drill', fallback_level: 'unavailable', circuit: 'a' },
      });
      expect(scene.calls).toBe(1);
      expect(scene.circuit.metrics()).toMatchObject({
        inFlight: 0,
        calls: { success: 1, failure: 0, ignored: 0, refused: 0 },
      });
      expect(scene.told).toMatchObject([{ circuit: 'a', reason: 'drill', level: 'unavailable', status: 503 }]);
      const head = await scene.ask({ method: 'HEAD' });
      expect([head.status, head.text]).toEqual([503, '']);
    },
  );

  it('draws the share that was asked for, and all or none at the ends', async () => {
    const scene = await start({ drill: { rate: 0.25 }, fallback: [fixedAnswer({ fixed: true })] });
    const levels = [];
    for (const drawn of [0, 0.24, 0.25, 0.5, Number.NaN]) {
      scene.draw(drawn);
      levels.push((await scene.ask()).level);
    }
    expect(levels).toEqual(['static', 'static', undefined, undefined, undefined]);
    const all = await start({ drill: { rate: 1 }, fallback: [] });
    all.draw(1);
    expect((await all.ask()).level).toBe('unavailable');
    const throwing = await start({
      drill: { rate: 0.5 },
      random: () => {
        throw new Error('no entropy');
      },
    });
    expect((await throwing.ask()).status).toBe(200);
  });

  it('is held for whoever carries the secret, and for nobody else', async () => {
    const scene = await start({ drill: { header }, fallback: [] });
    for (const other of ['', 'a', value.slice(1), `${value}a`, value.toUpperCase(), `${value}, ${value}`]) {
      expect((await scene.ask({ headers: { 'X-Drill': other } })).status).toBe(200);
    }
    expect((await scene.ask({ headers: { 'X-Drill': [value, value] } })).status).toBe(200);
    expect((await scene.ask({ headers: { 'Brownout-Drill': value } })).status).toBe(200);
    expect((await scene.ask(carrying)).headers['brownout-fallback']).toBe('unavailable; reason=drill; circuit="a"');
    expect((await scene.ask()).status).toBe(200);
    const named = await start({ drill: { header: { value } }, fallback: [] });
    expect((await named.ask({ headers: { 'brownout-drill': value } })).level).toBe('unavailable');
  });

  it('has the cached answer that the same request without the secret has, and leaves it as it is', async () => {
    const scene = await start({ drill: { header } });
    const fresh = await scene.ask({ headers: { 'X-Own': 'mine' } });
    expect(fresh.json).toEqual({ call: 1 });
    const drilled = await scene.ask({ headers: { 'X-Own': 'mine', ...carrying.headers } });
    expect(drilled.json).toMatchObject({ call: 1, metadata: { fallback_level: 'l1_cache', fallback_reason: 'drill' } });
    expect((await scene.ask({ headers: { 'X-Own': 'yours', ...carrying.headers } })).level).toBe('unavailable');
    // a secret that is none parts the answers, like any header that may tell who asks
    scene.circuit.forceOpen();
    expect((await scene.ask({ headers: { 'X-Own': 'mine', 'X-Drill': 'none' } })).level).toBe('unavailable');
    const open = await scene.ask({ headers: { 'X-Own': 'mine', ...carrying.headers } });
    expect(open.headers['brownout-fallback']).toBe('l1_cache; reason=forced_open; circuit="a"; age=0');
    expect((await scene.ask({ headers: { 'X-Own': 'mine' } })).json).toMatchObject({ call: 1 });
    expect(scene.calls).toBe(1);
  });

  it('is never stored, whatever answers it, nor is what its secret comes to when it is none', async () => {
    const scene = await start({ drill: { header }, fallback: [cachedAnswer(), fixedAnswer({ fixed: true })] });
    expect((await scene.ask(carrying)).level).toBe('static');
    scene.circuit.forceOpen();
    expect((await scene.ask()).level).toBe('static');
    const probing = await start({ drill: { header }, resetTimeoutMs: 0, failureThreshold: 1, successThreshold: 3 });
    const admitted = probing.circuit.admit();
    if (admitted.admitted) admitted.failure(1);
    const probe = await probing.ask(carrying);
    expect(probe.json).toEqual({ call: 1 });
    probing.circuit.forceOpen();
    expect((await probing.ask()).level).toBe('unavailable');
  });

  it('finds the answer to the question of an LLM route', async () => {
    const scene = await start(llmRoute({ drill: { header } }));
    const asked = (question: string) => ({ method: 'POST', body: { question } });
    expect((await scene.ask(asked('How much?'))).json).toEqual({ call: 1 });
    const drilled = await scene.ask({ ...asked('how much'), ...carrying });
    expect(drilled.json).toMatchObject({ call: 1, metadata: { fallback_level: 'l1_cache', fallback_reason: 'drill' } });
  });

  it('is held though there is a fresh answer, and asks nothing together with others', async () => {
    const scene = await start({ drill: { header }, fallback: [cachedAnswer({ freshMs: 60_000, coalesce: true })] });
    expect((await scene.ask()).json).toEqual({ call: 1 });
    expect((await scene.ask()).headers['cache-status']).toBe('brownout; hit');
    expect((await scene.ask(carrying)).headers['brownout-fallback']).toContain('reason=drill');
    expect(scene.calls).toBe(1);
  });

  it('masks no reason of the circuit, and takes no probe from it', async () => {
    const scene = await start({ drill: { rate: 1, header }, fallback: [], resetTimeoutMs: 60_000, maxConcurrent: 1 });
    // a permit may be out meanwhile, so that nothing waits for the circuit to settle
    const reasonOf = async () => {
      const { metadata } = (await ask(scene.url, carrying)).json as { metadata: FallbackMetadata };
      return metadata.fallback_reason;
    };
    expect(await reasonOf()).toBe('drill');
    const permit = scene.circuit.admit();
    expect(await reasonOf()).toBe('overloaded');
    if (permit.admitted) permit.success(1);
    scene.circuit.forceOpen();
    expect(await reasonOf()).toBe('forced_open');
    scene.circuit.clearOverride();
    expect(await reasonOf()).toBe('drill');
    const recovering = await start({ drill: { rate: 1 }, fallback: [], resetTimeoutMs: 0, failureThreshold: 1 });
    const admitted = recovering.circuit.admit();
    if (admitted.admitted) admitted.failure(1);
    expect([(await recovering.ask()).status, (await recovering.ask()).status]).toEqual([200, 200]);
    expect(recovering.circuit.state).toBe('closed');
    expect((await recovering.ask()).status).toBe(503);
  });

  it.each(['shadow', 'disabled'] as const)('is none in the mode %s', async (mode) => {
    const scene = await start({ drill: { rate: 1, header }, mode });
    expect((await scene.ask(carrying)).json).toEqual({ call: 1 });
    expect(scene.told).toEqual([]);
  });

  it('is none where no tier answers it', async () => {
    const rows = { '/a': { circuit: 'a', fallback: false as const } };
    const scene = await start({ drill: { rate: 1 }, routes: rows }, 'use');
    expect((await scene.ask()).status).toBe(200);
  });

  it('is held by the row of a table, and not where a row has none', async () => {
    const routes = { 'GET /a': { circuit: 'row', fallback: [] }, 'POST /a': { drill: false as const } };
    const scene = await start({ drill: { rate: 1 }, routes }, 'use');
    expect((await scene.ask()).headers['brownout-fallback']).toBe('unavailable; reason=drill; circuit="row"');
    expect((await scene.ask({ method: 'POST' })).status).toBe(200);
  });

  it('is held of a route that is learned once it has answered, and of nothing that is none', async () => {
    const options = { drill: { header }, fallback: [] };
    const more = {
      routes: {
        'GET /users/me': (call: Call) => call.send(200, 'me'),
        'GET /users/:id': (call: Call) => call.send(200, call.params.id!),
        'GET /own': {
          breaker: { brownout: createBrownout(), circuit: 'own' },
          handler: (call: Call) => call.send(200, 'own'),
        },
      },
    };
    const scene = await start(options, 'learned', more);
    const path = async (path: string) => (await scene.ask({ path, ...carrying })).headers['brownout-fallback'];
    const drilled = 'unavailable; reason=drill; circuit="GET /users/:id"';
    expect([await path('/users/1'), await path('/users/1'), await path('/users/2')]).toEqual([
      undefined,
      drilled,
      drilled,
    ]);
    // it matches that pattern, and the router would ask another route
    expect([await path('/users/me'), await path('/users/me')]).toEqual([
      undefined,
      'unavailable; reason=drill; circuit="GET /users/me"',
    ]);
    expect([await path('/nowhere'), await path('/nowhere')]).toEqual([undefined, undefined]);
    // the one further in governs
    expect([await path('/own'), await path('/own')]).toEqual([undefined, undefined]);
    expect((await scene.ask({ path: '/users/1' })).text).toBe('1');
  });

  it('leaves a permit that it got from the breaker around it, uncounted', async () => {
    const brownout = createBrownout();
    const use = { brownout, circuit: 'a' };
    const inner = { brownout, circuit: 'a', drill: { rate: 1 }, fallback: [] };
    const route = { breaker: inner, handler: (call: Call) => call.send(200, 'a') };
    const url = await serve(host.create({ use, routes: { 'GET /a': route } }));
    expect((await ask(url)).headers['brownout-fallback']).toBe('unavailable; reason=drill; circuit="a"');
    expect(brownout.circuit('a').metrics()).toMatchObject({
      inFlight: 0,
      calls: { success: 0, failure: 0, ignored: 0, refused: 0 },
    });
  });
});
