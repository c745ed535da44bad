import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BrownoutEvents,
  Circuit,
  cachedAnswer,
  contextExcerpts,
  createBrownout,
  fixedAnswer,
  unavailable,
} from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Application, type Call, type Host, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();
const start = (host: Host, application: Application) => serve(host.create(application));

const post = (url: string, body: object, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

describe.each(hosts)('$name', (host) => {
  const set = () => createBrownout({ resetTimeoutMs: 60_000 });
  const broken = () => {
    throw new Error('upstream is down');
  };

  describe('while all is well', () => {
    it('passes an answer through as the handler made it', async () => {
      const url = await start(host, {
        use: { brownout: set() },
        routes: { 'GET /a': (call) => call.send(201, { fine: true }, { 'x-own': 'yes' }) },
      });
      const response = await fetch(`${url}/a`);
      expect(response.status).toBe(201);
      expect(response.headers.get('x-own')).toBe('yes');
      expect(response.headers.get('brownout-fallback')).toBeNull();
      expect(await response.json()).toEqual({ fine: true });
    });

    it('leaves a 404 to the host and makes no circuit for it', async () => {
      const brownout = set();
      const url = await start(host, { use: { brownout }, routes: { 'GET /a': (call) => call.send(200, 'a') } });
      expect((await fetch(`${url}/nowhere`)).status).toBe(404);
      expect([...brownout.circuits.keys()]).toEqual([]);
    });

    it('names a circuit by the pattern of its route', async () => {
      const brownout = set();
      const url = await start(host, {
        use: { brownout },
        routes: {
          'GET /users/:id': (call) => call.send(200, call.params.id!),
          'POST /ask': (call) => call.send(200, 'a'),
        },
      });
      await fetch(`${url}/users/1`);
      await fetch(`${url}/users/2`);
      await post(`${url}/ask`, {});
      expect([...brownout.circuits.keys()].sort()).toEqual(['GET /users/:id', 'POST /ask']);
      expect(brownout.circuit('GET /users/:id').metrics().calls.success).toBe(2);
    });

    it('streams without holding a chunk back', async () => {
      const url = await start(host, {
        use: { brownout: set() },
        routes: {
          'GET /stream': async ({ res, brownout, ...call }) => {
            const source = new Readable({ read() {} });
            call.send(200, source, { 'content-type': 'text/plain' });
            source.push('first');
            void sleep(150)
              .then(() => source.push('second'))
              .then(() => source.push(null));
          },
        },
      });
      const reader = (await fetch(`${url}/stream`)).body!.getReader();
      const decoder = new TextDecoder();
      expect(decoder.decode((await reader.read()).value)).toBe('first');
      expect(decoder.decode((await reader.read()).value)).toBe('second');
      expect((await reader.read()).done).toBe(true);
    });
  });

  describe('when the handler fails', () => {
    const failures: Record<string, (call: Call) => unknown> = {
      throws: broken,
      rejects: async () => {
        await sleep(1);
        broken();
      },
      'answers 500 by itself': (call) => call.send(500, { error: 'down' }, { 'x-secret': 'stack' }),
      'answers 502 through the raw response': ({ res }) => {
        res.writeHead(502, { 'x-secret': 'stack' });
        res.end('bad gateway');
        return new Promise(() => {});
      },
      'destroys the response before its first byte': ({ res }) => {
        res.destroy(new Error('gave up'));
        return new Promise(() => {});
      },
      'answers with a stream that dies before its first byte': (call) => {
        const source = new Readable({ read() {} });
        if (host.family === 'koa') call.send(200, source);
        else call.res.once('close', () => {});
        setTimeout(
          () => (host.family === 'koa' ? source.destroy(new Error('cut')) : call.res.destroy(new Error('cut'))),
          5,
        );
        return host.family === 'koa' ? undefined : new Promise(() => {});
      },
    };

    it.each(Object.entries(failures))(
      '%s: the client gets a friendly 503, and the circuit a failure',
      async (_, handler) => {
        const brownout = set();
        const url = await start(host, {
          before: ({ res }) => res.setHeader('X-Request-Origin', 'kept'),
          use: { brownout, circuit: 'llm' },
          routes: { 'GET /a': handler },
        });
        const response = await fetch(`${url}/a`);
        expect(response.status).toBe(503);
        expect(response.headers.get('x-secret')).toBeNull();
        expect(response.headers.get('x-request-origin')).toBe('kept');
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('brownout-fallback')).toBe('unavailable; reason=failure; circuit="llm"');
        expect(response.headers.get('retry-after')).toBeNull();
        expect(response.headers.get('content-type')).toContain('application/problem+json');
        const body = (await response.json()) as { status: number; metadata: object };
        expect(body.status).toBe(503);
        expect(body.metadata).toEqual({
          from_fallback: true,
          fallback_reason: 'failure',
          fallback_level: 'unavailable',
          circuit: 'llm',
        });
        expect(brownout.circuit('llm').metrics().calls).toMatchObject({ failure: 1, success: 0, ignored: 0 });
      },
    );

    it('shows the error to the application, though the client gets a degraded answer', async () => {
      const seen: unknown[] = [];
      const url = await start(host, {
        use: { brownout: set() },
        routes: { 'GET /a': broken },
        onError: (error) => seen.push(error),
      });
      expect((await fetch(`${url}/a`)).status).toBe(503);
      expect(seen).toHaveLength(1);
      expect(String(seen[0])).toContain('upstream is down');
    });

    it('leaves a thrown 4xx to the host', async () => {
      const brownout = set();
      const url = await start(host, {
        use: { brownout, circuit: 'a' },
        routes: {
          'GET /a': () => {
            throw Object.assign(new Error('no such thing'), { status: 404, expose: true });
          },
        },
      });
      const response = await fetch(`${url}/a`);
      expect(response.status).toBe(404);
      expect(response.headers.get('brownout-fallback')).toBeNull();
      expect(brownout.circuit('a').metrics().calls).toMatchObject({ ignored: 1, failure: 0 });
    });

    it('keeps the connection for the next request', async () => {
      const url = await start(host, {
        use: { brownout: set() },
        routes: { 'GET /a': broken, 'GET /b': (call) => call.send(200, 'b') },
      });
      for (let round = 0; round < 3; round++) {
        expect((await fetch(`${url}/a`)).status).toBe(503);
        expect(await (await fetch(`${url}/b`)).text()).toBe('b');
      }
    });
  });

  describe('when the handler hangs', () => {
    it('answers at the deadline and aborts the signal', async () => {
      const brownout = set();
      let signal: AbortSignal | undefined;
      const url = await start(host, {
        use: { brownout, circuit: 'slow', timeoutMs: 40 },
        routes: {
          'GET /a': (call) => {
            signal = call.brownout.signal;
            return new Promise(() => {});
          },
        },
      });
      const response = await fetch(`${url}/a`);
      expect(response.status).toBe(503);
      expect(response.headers.get('brownout-fallback')).toContain('reason=timeout');
      expect(signal!.aborted).toBe(true);
      expect(brownout.circuit('slow').metrics().calls).toMatchObject({ failure: 1 });
    });

    it('makes what the handler does afterwards harmless, and keeps the connection', async () => {
      const thrown: unknown[] = [];
      const done: (() => void)[] = [];
      const finished = new Promise<void>((resolve) => done.push(resolve));
      const url = await start(host, {
        use: { brownout: set(), timeoutMs: 30 },
        routes: {
          'GET /late': async (call) => {
            await sleep(80);
            try {
              call.send(200, { late: true }, { 'x-late': '1' });
              call.res.setHeader('x-late', '2');
              call.res.write('late');
              call.res.end('late');
            } catch (error) {
              thrown.push(error);
            }
            done[0]!();
            throw new Error('and late');
          },
          'GET /b': (call) => call.send(200, 'b'),
        },
      });
      const response = await fetch(`${url}/late`);
      expect(response.status).toBe(503);
      expect(response.headers.get('x-late')).toBeNull();
      await finished;
      await sleep(10);
      expect(thrown).toEqual([]);
      expect(await (await fetch(`${url}/b`)).text()).toBe('b');
    });

    it('listens for the end of a request that has a body, and of no other', async () => {
      const url = await start(host, {
        use: { brownout: set() },
        unparsed: true,
        routes: {
          'GET /a': async ({ res, send }) => {
            await sleep(1);
            send(200, String(res.req.listenerCount('end')));
          },
        },
      });
      expect(await (await fetch(`${url}/a`)).text()).toBe('0');
      const withBody = request(`${url}/a`, { method: 'GET', headers: { 'content-length': 2 } });
      withBody.write('a'); // and one byte is to come
      const [response] = (await once(withBody, 'response')) as [IncomingMessage];
      expect((await response.toArray()).join('')).toBe('1');
      withBody.end('b');
    });

    it('takes flushed headers of a 2xx for the first byte', async () => {
      const url = await start(host, {
        use: { brownout: set(), timeoutMs: 40 },
        routes: {
          'GET /a': async ({ res }) => {
            res.writeHead(200, { 'content-type': 'text/plain' });
            res.flushHeaders();
            await sleep(100);
            res.end('whole');
          },
        },
      });
      expect(await (await fetch(`${url}/a`)).text()).toBe('whole');
    });

    it('unmakes a head that was written and not sent', async () => {
      const url = await start(host, {
        before: ({ res }) => res.setHeader('X-Kept', 'yes'),
        use: { brownout: set(), timeoutMs: 40 },
        routes: {
          'GET /a': ({ res }) => {
            res.writeHead(200, { 'content-type': 'text/event-stream', 'x-own': '1' });
            return new Promise(() => {});
          },
        },
      });
      const response = await fetch(`${url}/a`);
      expect(response.status).toBe(503);
      expect(response.headers.get('x-own')).toBeNull();
      expect(response.headers.get('x-kept')).toBe('yes');
      expect(((await response.json()) as { status: number }).status).toBe(503);
    });
  });

  describe('while the circuit is open', () => {
    it('refuses at once, says when to come back, and does not call the handler', async () => {
      const brownout = set();
      let calls = 0;
      const url = await start(host, {
        use: { brownout, circuit: 'llm' },
        routes: {
          'GET /a': () => {
            calls++;
            broken();
          },
        },
      });
      for (let call = 0; call < 5; call++) await fetch(`${url}/a`);
      expect(brownout.circuit('llm').state).toBe('open');
      const response = await fetch(`${url}/a`);
      expect(calls).toBe(5);
      expect(response.status).toBe(503);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(((await response.json()) as { metadata: object }).metadata).toMatchObject({
        fallback_reason: 'circuit_open',
      });
      expect(brownout.circuit('llm').metrics().calls).toMatchObject({ failure: 5, refused: 1 });
    });

    it('answers from the cache, tagged, what it was asked before, and a HEAD too', async () => {
      const brownout = set();
      const url = await start(host, {
        use: { brownout, circuit: 'llm' },
        routes: { 'GET /a': (call) => call.send(200, { answer: 42 }, { etag: '"x"' }) },
      });
      await (await fetch(`${url}/a?q=1`)).text();
      brownout.circuit('llm').forceOpen('maintenance');
      const response = await fetch(`${url}/a?q=1`);
      expect(response.status).toBe(200);
      expect(response.headers.get('age')).toBe('0');
      expect(response.headers.get('cache-status')).toBe('brownout; hit; detail=forced_open');
      expect(await response.json()).toMatchObject({
        answer: 42,
        metadata: { from_fallback: true, fallback_level: 'l1_cache', fallback_reason: 'forced_open', age_seconds: 0 },
      });
      const head = await fetch(`${url}/a?q=1`, { method: 'HEAD' });
      expect(head.status).toBe(200);
      expect(await head.text()).toBe('');
      expect((await fetch(`${url}/a?q=2`)).status).toBe(503);
    });

    it('never gives one user the answer of another', async () => {
      const brownout = set();
      const url = await start(host, {
        routes: {
          'POST /ask': {
            breaker: {
              brownout,
              circuit: 'llm',
              fallback: [cachedAnswer({ key: () => 'the same question' })],
            },
            handler: (call) => call.send(200, { to: call.req.headers.authorization }),
          },
        },
      });
      await (await post(`${url}/ask`, { question: 'x' }, { authorization: 'Bearer a' })).text();
      brownout.circuit('llm').forceOpen();
      const own = await post(`${url}/ask`, { question: 'x' }, { authorization: 'Bearer a' });
      expect(await own.json()).toMatchObject({ to: 'Bearer a' });
      expect((await post(`${url}/ask`, { question: 'x' }, { authorization: 'Bearer b' })).status).toBe(503);
      expect((await post(`${url}/ask`, { question: 'x' })).status).toBe(503);
    });

    it('answers with excerpts of what the handler had retrieved', async () => {
      const url = await start(host, {
        routes: {
          'POST /ask': {
            breaker: { brownout: set(), fallback: [contextExcerpts(), unavailable({ service: 'Water desk' })] },
            handler: (call) => {
              call.brownout.provideContext([{ text: 'The reservoir holds nine million litres.', source: 'water.md' }], {
                question: 'How much does the reservoir hold?',
              });
              broken();
            },
          },
        },
      });
      const response = await post(`${url}/ask`, {});
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        answer: expect.stringMatching(/^Water desk is temporarily unavailable/),
        excerpts: [{ text: 'The reservoir holds nine million litres.', source: 'water.md' }],
        metadata: { fallback_level: 'excerpts', fallback_reason: 'failure' },
      });
    });

    it('lets the application answer, where there are no tiers', async () => {
      const brownout = set();
      const seen: unknown[] = [];
      const url = await start(host, {
        use: { brownout, circuit: 'llm', fallback: false },
        routes: { 'GET /a': (call) => call.send(200, 'a') },
        onError: (error) => seen.push(error),
      });
      brownout.circuit('llm').forceOpen();
      const response = await fetch(`${url}/a`);
      expect(response.status).toBe(503);
      expect(response.headers.get('brownout-fallback')).toBeNull();
      expect(seen).toMatchObject([{ name: 'CircuitOpenError', circuit: 'llm', status: 503 }]);
    });
  });

  it('lets exactly halfOpenMaxCalls of 200 requests reach the handler at half-open', async () => {
    let now = 0;
    const clock = { now: () => now, wall: () => now };
    const brownout = createBrownout({
      clock,
      resetTimeoutMs: 1_000,
      jitter: 0,
      halfOpenMaxCalls: 3,
      successThreshold: 3,
    });
    const probes = Promise.withResolvers<void>();
    let failing = true;
    let reached = 0;
    const url = await start(host, {
      use: { brownout, circuit: 'llm' },
      routes: {
        'GET /a': async (call) => {
          if (failing) broken();
          reached++;
          await probes.promise; // until the others have been refused: a success would let them in
          call.send(200, 'a');
        },
      },
    });
    for (let call = 0; call < 5; call++) await fetch(`${url}/a`);
    failing = false;
    now += 1_001;
    const statuses: number[] = [];
    const asked = Array.from({ length: 200 }, async () => {
      statuses.push((await fetch(`${url}/a`)).status);
      if (statuses.length === 197) probes.resolve();
    });
    await Promise.all(asked);
    expect(reached).toBe(3);
    expect(statuses).toEqual([...Array(197).fill(503), 200, 200, 200]);
    expect(brownout.circuit('llm').state).toBe('closed');
  });

  it('counts a client that leaves as neither success nor failure, and aborts the signal', async () => {
    const brownout = set();
    let reached = false;
    let aborted = false;
    const url = await start(host, {
      use: { brownout, circuit: 'llm' },
      routes: {
        'GET /a': (call) => {
          reached = true;
          call.brownout.signal.addEventListener('abort', () => {
            aborted = true;
          });
          return new Promise(() => {});
        },
      },
    });
    const controller = new AbortController();
    const gone = fetch(`${url}/a`, { signal: controller.signal }).catch(() => 'gone');
    await expect.poll(() => reached).toBe(true);
    controller.abort();
    expect(await gone).toBe('gone');
    await expect.poll(() => aborted).toBe(true);
    expect(brownout.circuit('llm').metrics().calls).toMatchObject({ success: 0, failure: 0, ignored: 1 });
  });

  it('counts a client that leaves the very first request of a route, too', async () => {
    const brownout = set();
    const reached = Promise.withResolvers<void>();
    const url = await start(host, {
      use: { brownout },
      routes: {
        'GET /a/:id': () => {
          reached.resolve();
          return new Promise(() => {});
        },
      },
    });
    const controller = new AbortController();
    const asked = fetch(`${url}/a/1`, { signal: controller.signal }).catch(() => 'left');
    await reached.promise;
    controller.abort();
    expect(await asked).toBe('left');
    await expect.poll(() => brownout.circuits.get('GET /a/:id')?.metrics().calls.ignored).toBe(1);
    expect(brownout.circuit('GET /a/:id').inFlight).toBe(0);
  });

  it('keeps routes apart: one that fails opens no other', async () => {
    const brownout = set();
    const url = await start(host, {
      use: { brownout },
      routes: { 'GET /bad/:id': broken, 'GET /good': (call) => call.send(200, 'good') },
    });
    for (let call = 0; call < 6; call++) await fetch(`${url}/bad/${call}`);
    expect(brownout.circuit('GET /bad/:id').state).toBe('open');
    const refused = await fetch(`${url}/bad/never-seen`);
    expect(refused.headers.get('brownout-fallback')).toContain('reason=circuit_open');
    expect(await (await fetch(`${url}/good`)).text()).toBe('good');
  });

  it('configures every route by the table', async () => {
    const brownout = set();
    const url = await start(host, {
      use: {
        brownout,
        routes: {
          'POST /ask': { fallback: [fixedAnswer({ answer: 'later' })] },
          'GET /private/:id': false,
        },
      },
      routes: { 'POST /ask': broken, 'GET /private/:id': broken },
    });
    const asked = await post(`${url}/ask`, {});
    expect(await asked.json()).toMatchObject({
      answer: 'later',
      metadata: { fallback_level: 'static', circuit: 'POST /ask' },
    });
    expect((await fetch(`${url}/private/1`)).status).toBe(500);
  });

  it('shares a circuit by name between routes', async () => {
    const brownout = set();
    const options = { brownout, circuit: 'llm' };
    const url = await start(host, {
      routes: {
        'GET /a': { breaker: options, handler: broken },
        'GET /b': { breaker: options, handler: (call) => call.send(200, 'b') },
      },
    });
    for (let call = 0; call < 5; call++) await fetch(`${url}/a`);
    expect((await fetch(`${url}/b`)).status).toBe(503);
  });

  it('leaves probes alone, and what `skip` says', async () => {
    const brownout = set();
    const url = await start(host, {
      use: { brownout, circuit: 'all' },
      routes: { 'GET /health': (call) => call.send(500, 'bad'), 'GET /a': (call) => call.send(200, 'a') },
    });
    brownout.circuit('all').forceOpen();
    expect((await fetch(`${url}/health`)).status).toBe(500);
    expect((await fetch(`${url}/a`)).status).toBe(503);
  });

  describe('nested', () => {
    it('passes what an inner breaker answered, and does not count it', async () => {
      const brownout = set();
      const url = await start(host, {
        use: { brownout, circuit: 'outer', fallback: [fixedAnswer({ from: 'outer' })] },
        routes: {
          'GET /a': {
            breaker: { brownout, circuit: 'inner', fallback: [fixedAnswer({ from: 'inner' })] },
            handler: broken,
          },
        },
      });
      expect(await (await fetch(`${url}/a`)).json()).toMatchObject({ from: 'inner', metadata: { circuit: 'inner' } });
      expect(brownout.circuit('outer').metrics().calls).toMatchObject({ success: 0, failure: 0 });
      expect(brownout.circuit('inner').metrics().calls).toMatchObject({ failure: 1 });
    });

    it('marks what an unsafe request behind a breaker without a cache has changed', async () => {
      const brownout = set();
      let isDown = false;
      const url = await start(host, {
        use: { brownout },
        routes: {
          'GET /a': (call) => (isDown ? call.send(500, 'down') : call.send(200, 'before')),
          'POST /a': { breaker: { brownout, fallback: [] }, handler: (call) => call.send(isDown ? 500 : 200, 'done') },
        },
      });
      const stored = async () => (await fetch(`${url}/a`)).status;
      await stored();
      isDown = true;
      await fetch(`${url}/a`, { method: 'POST' });
      expect(await stored()).toBe(200); // what has failed has changed nothing
      isDown = false;
      expect((await fetch(`${url}/a`, { method: 'POST' })).status).toBe(200);
      isDown = true;
      expect(await stored()).toBe(503);
    });

    it('marks nothing for an inner breaker that has a cache: its keys say what a request is', async () => {
      const brownout = set();
      const isDown = new Set<string>();
      const url = await start(host, {
        use: { brownout },
        routes: {
          'POST /ask': {
            breaker: { brownout, fallback: [cachedAnswer({ key: () => 'question' })] },
            handler: (call) => call.send(isDown.has('ask') ? 500 : 200, 'answer'),
          },
        },
      });
      const ask = async () => (await fetch(`${url}/ask`, { method: 'POST' })).status;
      expect(await ask()).toBe(200);
      isDown.add('ask');
      expect(await ask()).toBe(200);
    });

    it('takes one permit of one circuit', async () => {
      const brownout = createBrownout({ maxConcurrent: 1 });
      const url = await start(host, {
        use: { brownout, circuit: 'llm' },
        routes: { 'GET /a': { breaker: { brownout, circuit: 'llm' }, handler: (call) => call.send(200, 'a') } },
      });
      expect((await fetch(`${url}/a`)).status).toBe(200);
      expect(brownout.circuit('llm').metrics().calls).toMatchObject({ success: 1, refused: 0 });
    });
  });

  describe('guarded', () => {
    it('degrades on what the handler throws, rejects with, or hangs on', async () => {
      const brownout = set();
      const errors: unknown[] = [];
      const options = {
        brownout,
        timeoutMs: 50,
        fallback: [
          { name: 'told', answer: (_: unknown, { error }: { error?: unknown }) => ({ body: { said: String(error) } }) },
        ],
      };
      const url = await start(host, {
        routes: {
          'GET /throws': { guarded: options, handler: broken },
          'GET /rejects': { guarded: options, handler: async () => broken() },
          'GET /hangs': { guarded: options, handler: () => new Promise(() => {}) },
        },
        onError: (error) => errors.push(error),
      });
      expect(await (await fetch(`${url}/throws`)).json()).toMatchObject({ said: 'Error: upstream is down' });
      expect(await (await fetch(`${url}/rejects`)).json()).toMatchObject({ said: 'Error: upstream is down' });
      expect(await (await fetch(`${url}/hangs`)).json()).toMatchObject({ metadata: { fallback_reason: 'timeout' } });
      expect(errors).toHaveLength(2);
    });
  });

  it('degrades on purpose', async () => {
    const brownout = set();
    const url = await start(host, {
      use: { brownout, circuit: 'llm' },
      routes: { 'GET /a': (call) => call.brownout.degrade('overloaded') },
    });
    const response = await fetch(`${url}/a`);
    expect(response.headers.get('brownout-fallback')).toContain('reason=overloaded');
    expect(brownout.circuit('llm').metrics().calls).toMatchObject({ failure: 0 });
  });

  it('counts a failure of an inner circuit once, and gives its reason', async () => {
    const brownout = set();
    const inner = brownout.circuit('provider', { failureThreshold: 1 });
    const url = await start(host, {
      use: { brownout, circuit: 'route' },
      routes: { 'GET /a': (call) => call.brownout.run(inner, () => Promise.reject(new Error('down'))) },
    });
    expect((await fetch(`${url}/a`)).headers.get('brownout-fallback')).toContain('reason=failure');
    const refused = await fetch(`${url}/a`);
    expect(refused.headers.get('brownout-fallback')).toContain('reason=circuit_open');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(inner.metrics().calls).toMatchObject({ failure: 1, refused: 1 });
    expect(brownout.circuit('route').metrics().calls).toMatchObject({ failure: 0, ignored: 2 });
  });

  it('changes nothing in shadow mode, and says what it would have done', async () => {
    const brownout = set();
    const told: BrownoutEvents['would_trip'][] = [];
    brownout.on('would_trip', (event) => {
      told.push(event);
    });
    const url = await start(host, {
      use: { brownout, circuit: 'llm', mode: 'shadow', timeoutMs: 20 },
      routes: {
        'GET /a': (call) => call.send(502, 'as it is'),
        'GET /slow': async (call) => {
          await sleep(60);
          call.send(200, String(call.brownout.signal.aborted));
        },
      },
    });
    for (let call = 0; call < 6; call++) {
      const response = await fetch(`${url}/a`);
      expect(response.status).toBe(502);
      expect(await response.text()).toBe('as it is');
    }
    expect(await (await fetch(`${url}/slow`)).text()).toBe('false');
    expect(told).toHaveLength(1);
    expect(brownout.circuit('llm').state).toBe('closed');
  });

  it('ends a broken stream of events with an event that says so', async () => {
    const brownout = set();
    const url = await start(host, {
      use: { brownout, circuit: 'llm', stream: { idleMs: 50 } },
      routes: {
        'GET /stream': ({ res, ...call }) => {
          const source = new Readable({ read() {} });
          call.send(200, source, { 'content-type': 'text/event-stream' });
          source.push('data: one\n\n');
        },
      },
    });
    const text = await (await fetch(`${url}/stream`)).text();
    expect(text).toContain('data: one\n\n');
    expect(text).toContain('event: brownout\ndata: {"metadata":{"from_fallback":true,"fallback_reason":"timeout"');
    expect(brownout.circuit('llm').metrics().calls).toMatchObject({ failure: 1, success: 0 });
  });

  it('uses a circuit that was handed in', async () => {
    const circuit = new Circuit('handed in');
    const url = await start(host, { use: { circuit }, routes: { 'GET /a': (call) => call.send(200, 'a') } });
    await fetch(`${url}/a`);
    expect(circuit.metrics().calls.success).toBe(1);
  });
});
