import { createServer, type Server } from 'node:http';
import { createBrownout, Failover, failover, type Provider } from '@brownout/core';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, type Host, hosts } from './hosts.ts';
import { listen, useServers } from './servers.ts';

const serve = useServers();
let upstreams: Server[] = [];
const kill = async (server: Server) => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};
afterEach(async () => {
  await Promise.all(upstreams.map(kill));
  upstreams = [];
});

/** An upstream that says who it is, and a provider that asks it. */
async function upstream(name: string): Promise<{ server: Server; provider: Provider<string, string> }> {
  const server = createServer((_req, res) => void res.end(`${name} says so`));
  const url = await listen(server);
  upstreams.push(server);
  const run = async (question: string, { signal }: { readonly signal: AbortSignal }) =>
    (await fetch(`${url}/?q=${encodeURIComponent(question)}`, { signal })).text();
  return { server, provider: { name, run } };
}

const limited = (seconds: number, headers: (init: Record<string, string>) => unknown) => () => {
  throw Object.assign(new Error('slow down'), { status: 429, headers: headers({ 'retry-after': String(seconds) }) });
};

const ways = hosts.flatMap((host) => (['breaker', 'guarded'] as const).map((by) => ({ host, by, name: host.name })));

describe.each(ways)('Failover in a route, $name, $by', ({ host, by }: { host: Host; by: 'breaker' | 'guarded' }) => {
  async function start(providers: readonly Provider<string, string>[], timeoutMs = 5_000, usedMs = 0) {
    const brownout = createBrownout({ failureThreshold: 2, resetTimeoutMs: 60_000, jitter: 0 });
    const ask = failover(providers, { brownout });
    const handler = async ({ body, brownout: handle, send }: Call) => {
      if (usedMs > 0) await new Promise((resolve) => setTimeout(resolve, usedMs));
      const { value, provider } = await handle.run(ask, (body as { question: string }).question);
      send(200, { answer: value, metadata: { provider } });
    };
    const options = { brownout, circuit: 'route', timeoutMs };
    const url = await serve(host.create({ routes: { 'POST /ask': { [by]: options, handler } } }));
    const post = async () => {
      const response = await fetch(`${url}/ask`, {
        method: 'POST',
        body: '{"question":"why"}',
        headers: { 'content-type': 'application/json' },
      });
      const { status, headers } = response;
      const body = (await response.json()) as { answer?: string; metadata?: Record<string, unknown> };
      return { status, retryAfter: Number(headers.get('retry-after')), ...body };
    };
    return { post, brownout };
  }

  it('answers by the third when two of three upstreams die, and degrades when all are dead', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(upstream));
    const { post, brownout } = await start([a!.provider, b!.provider, c!.provider]);
    expect(await post()).toMatchObject({ answer: 'a says so', metadata: { provider: 'a' } });
    await kill(a!.server);
    await kill(b!.server);
    const answers = await Promise.all(Array.from({ length: 10 }, post));
    for (const one of answers) expect(one).toMatchObject({ status: 200, metadata: { provider: 'c' } });
    for (const name of ['a', 'b']) expect(brownout.circuit(name).state).toBe('open');
    expect(brownout.circuit('route').metrics().calls).toMatchObject({ success: 11, failure: 0 });

    await kill(c!.server);
    for (let n = 0; n < 2; n++) {
      expect(await post()).toMatchObject({ status: 503, metadata: { fallback_reason: 'failure' } });
    }
    const refused = await post();
    expect(refused).toMatchObject({ status: 503, metadata: { fallback_reason: 'circuit_open' } });
    expect(refused.retryAfter).toBeGreaterThan(50);
    expect(refused.metadata?.['retry_after']).toBe(refused.retryAfter);
    expect(brownout.circuit('route').metrics().calls).toMatchObject({ success: 11, failure: 0 });
  });

  it('blames the route, and no provider, for time that the route has used up itself', async () => {
    const hangs: Provider<string, string>['run'] = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const { post, brownout } = await start(
      [
        { name: 'a', run: hangs },
        { name: 'b', run: hangs },
      ],
      800,
      600,
    );
    expect(await post()).toMatchObject({ status: 503, metadata: { fallback_reason: 'timeout' } });
    const failures = ['a', 'b', 'route'].map((name) => brownout.circuit(name).metrics().calls.failure);
    expect(failures).toEqual([0, 0, 1]);
  });

  it.each([
    ['an object', (init: Record<string, string>) => init],
    ['a Headers', (init: Record<string, string>) => new Headers(init)],
  ])('degrades while all are rate limited, and says until when, by %s', async (_, headers) => {
    const { post } = await start([
      { name: 'a', run: limited(40, headers) },
      { name: 'b', run: limited(30, headers) },
    ]);
    await post();
    const again = await post();
    expect(again.metadata).toMatchObject({ fallback_reason: 'rate_limited' });
    expect(again.status).toBe(429);
    expect(again.retryAfter).toBeGreaterThan(25);
    expect(again.retryAfter).toBeLessThan(31);
  });
});

describe.each(hosts)('Failover in a route, $name', (host: Host) => {
  it('has the time that the route has left', async () => {
    const given: (number | undefined)[] = [];
    class Watched extends Failover<string, string> {
      override run(...[input, options]: Parameters<Failover<string, string>['run']>) {
        given.push(options?.timeoutMs);
        return super.run(input, options);
      }
    }
    const brownout = createBrownout();
    const ask = new Watched([{ name: 'a', run: () => 'yes' }], { brownout });
    const handler = async ({ brownout: handle, send }: Call) => {
      await handle.run(ask, 'why');
      await new Promise((resolve) => setTimeout(resolve, 200));
      await handle.run(ask, 'why');
      send(200, 'yes');
    };
    // as busy as this, not every call is timed
    for (let n = 0; n < 1_000; n++) await brownout.circuit('route').run(() => n);
    const breaker = { brownout, circuit: 'route', timeoutMs: 20_000 };
    const url = await serve(host.create({ routes: { 'GET /ask': { breaker, handler } } }));
    for (let n = 0; n < 2; n++) expect((await fetch(`${url}/ask`)).status).toBe(200);
    for (const at of [0, 2]) {
      expect(given[at]).toBeGreaterThan(0.9 * 15_000);
      expect(given[at]).toBeLessThanOrEqual(0.9 * 20_000);
      expect(given[at + 1]).toBeLessThanOrEqual(0.9 * 19_810);
    }
  });
});
