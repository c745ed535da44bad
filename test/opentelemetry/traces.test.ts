import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { type Brownout, cachedAnswer, createBrownout } from '@brownout/core';
import { instrument } from '@brownout/opentelemetry';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { type Call, hosts } from '../contract/hosts.ts';
import { useServers } from '../contract/servers.ts';
import { startTraces } from './sdk.ts';

const traces = startTraces();
new HttpInstrumentation({ headersToSpanAttributes: { server: { requestHeaders: ['x-request-id'] } } });
createRequire(import.meta.url)('node:http'); // what is loaded through `require` is instrumented, for who imports it as well
const serve = useServers();

let stop = () => {};
afterEach(() => {
  stop();
  traces.spans();
});

/** Of each span of a request, by the name that it was sent with: its events, and its attributes that are ours. */
function told(spans: readonly ReadableSpan[]) {
  return Object.fromEntries(
    spans.map(({ attributes, events }) => [
      String(attributes['http.request.header.x-request-id']),
      {
        events: events.map(({ name, attributes }) => ({ name, ...attributes })),
        own: Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('brownout.'))),
      },
    ]),
  );
}

describe.each(hosts)('The span of a request, as the instrumentation of http makes it, $name', (host) => {
  async function start(options: object, handler: (call: Call) => unknown, given: object = { failureThreshold: 1 }) {
    const brownout = createBrownout(given);
    stop = instrument(brownout);
    const breaker = { brownout, circuit: 'a', fallback: [], ...options };
    const server = host.create({ routes: { 'GET /a': { breaker, handler } } });
    let come = 0;
    server.on('request', () => setImmediate(() => come++));
    const url = await serve(server);
    const ask = async (name: string) => {
      const response = await fetch(`${url}/a`, { headers: { 'x-request-id': name } });
      await response.text().catch(() => {}); // it may be cut
      return response.status;
    };
    /** A span ends after its client has the answer. */
    const spans = async (count: number) => {
      await expect.poll(() => traces.exporter.getFinishedSpans()).toHaveLength(count);
      return told(traces.spans());
    };
    return { ask, spans, brownout, whenCome: (count: number) => expect.poll(() => come).toBe(count) };
  }

  it('is told of what became of the request', async () => {
    const { ask, spans } = await start({ timeoutMs: 0 }, (call) =>
      call.send(call.req.headers['x-request-id'] === 'bad' ? 500 : 200, 'fine'),
    );
    expect([await ask('good'), await ask('bad'), await ask('next')]).toEqual([200, 503, 503]);
    const circuit = { 'brownout.circuit.name': 'a' };
    const unavailable = { ...circuit, 'brownout.fallback.level': 'unavailable' };
    const { good, bad, next } = await spans(3);
    expect(good).toEqual({ events: [], own: {} });
    expect(bad).toEqual({
      events: [
        {
          name: 'brownout.tripped',
          ...circuit,
          'brownout.circuit.from_state': 'closed',
          'brownout.circuit.to_state': 'open',
          'brownout.rule': 'streak',
          'brownout.circuit.open_time': expect.any(Number),
        },
        {
          name: 'brownout.degraded',
          ...unavailable,
          'brownout.fallback.reason': 'failure',
          'http.response.status_code': 503,
        },
      ],
      own: { ...unavailable, 'brownout.fallback.reason': 'failure', 'brownout.transition': 'tripped' },
    });
    expect(next!.own).toEqual({ ...unavailable, 'brownout.fallback.reason': 'circuit_open' });
  });

  it('is told of its own deadline, and no other', async () => {
    const { ask, spans } = await start({ timeoutMs: 50 }, () => new Promise(() => {}), { failureThreshold: 2 });
    await Promise.all([ask('one'), ask('two')]);
    const both = await spans(2);
    expect(Object.keys(both).sort()).toEqual(['one', 'two']);
    const names = Object.values(both).map(({ events }) => events.map(({ name }) => name));
    expect(names.sort((a, b) => a.length - b.length)).toEqual([
      ['brownout.degraded'],
      ['brownout.tripped', 'brownout.degraded'],
    ]);
  });

  it('is told of an answer that failed for another who asked the same', async () => {
    const asked: Call[] = [];
    const { ask, spans, whenCome } = await start({ fallback: [cachedAnswer({ coalesce: true })] }, (call) => {
      asked.push(call);
      return new Promise<void>((resolve) => call.req.once('fail', () => resolve(call.send(500, 'no'))));
    });
    const first = ask('one');
    await expect.poll(() => asked.length).toBe(1);
    const second = ask('two');
    await whenCome(2);
    // as a connection does that was opened before any request
    context.with(ROOT_CONTEXT, () => asked[0]!.req.emit('fail'));
    expect(await Promise.all([first, second])).toEqual([503, 503]);
    const { one, two } = await spans(2);
    expect(one!.events.map(({ name }) => name)).toEqual(['brownout.tripped', 'brownout.degraded']);
    expect(two!.events.map(({ name }) => name)).toEqual(['brownout.degraded']);
  });

  it('is told of a stream that is cut long after it began', async () => {
    const { ask, spans } = await start({ stream: { idleMs: 50 } }, (call) =>
      context.with(ROOT_CONTEXT, () => {
        const stream = new Readable({ read() {} });
        stream.push('data: 1\n\n');
        call.send(200, stream, { 'content-type': 'text/event-stream' });
      }),
    );
    expect(await ask('one')).toBe(200);
    const { one } = await spans(1);
    expect(one!.events.map(({ name }) => name)).toEqual(['brownout.tripped', 'brownout.degraded']);
    expect(one!.own).toMatchObject({ 'brownout.fallback.reason': 'timeout' });
  });

  it('is told of the age of a cached answer, and of tiers that failed before', async () => {
    const wall = { now: 1_000_000 };
    const clock = { now: () => wall.now, wall: () => wall.now };
    const broken = { name: 'broken', answer: () => Promise.reject(new Error('secret')) };
    let fails = false;
    const { ask, spans } = await start(
      { fallback: [broken, cachedAnswer()], timeoutMs: 0 },
      (call) => call.send(fails ? 500 : 200, 'fine'),
      { clock },
    );
    await ask('one');
    await spans(1);
    fails = true;
    wall.now += 90_000;
    expect(await ask('one')).toBe(200);
    const { one } = await spans(1);
    expect(one!.events.map(({ name }) => name)).toEqual(['brownout.tier_failed', 'brownout.degraded']);
    expect(one!.own).toMatchObject({ 'brownout.fallback.level': 'l1_cache', 'brownout.fallback.age': 90 });
  });

  it('is told nothing any more once that was taken away, by which nothing is kept of a request', async () => {
    const { ask, spans, brownout } = await start({ timeoutMs: 0 }, (call) => call.send(500, 'no'));
    expect(brownout.events.context()).toBeDefined();
    stop();
    stop();
    expect(await ask('one')).toBe(503);
    expect((await spans(1))['one']).toEqual({ events: [], own: {} });
    expect(brownout.events.context()).toBeUndefined();
  });
});

describe('A span of the application', () => {
  const tracer = trace.getTracer('test');
  const inSpan = <T>(fn: () => T): T =>
    tracer.startActiveSpan('own', (span) => {
      try {
        return fn();
      } finally {
        span.end();
      }
    });
  const eventsOf = (spans: readonly ReadableSpan[]) => spans.map(({ events }) => events.map(({ name }) => name));
  const started = (set: Brownout) => {
    stop = instrument(set);
    return set;
  };

  it('is told of each transition that happens within it, by hand as well', () => {
    const set = started(createBrownout());
    const circuit = set.circuit('a');
    inSpan(() => {
      circuit.forceOpen('secret');
      circuit.forceClose('secret');
      circuit.reset('secret');
    });
    const spans = traces.spans();
    expect(eventsOf(spans)).toEqual([['brownout.mode_changed', 'brownout.mode_changed', 'brownout.reset']]);
    expect(spans[0]!.attributes).toEqual({ 'brownout.transition': 'reset' });
    expect(JSON.stringify(spans[0]!.events)).not.toContain('secret');
  });

  it('goes by the family of a circuit that was made by key', () => {
    const set = started(createBrownout());
    const tenants = set.keyed('tenant', { maxCircuits: 1 });
    const first = tenants.get('acme');
    tenants.get('other');
    inSpan(() => first.forceOpen());
    const [{ events }] = traces.spans() as [ReadableSpan];
    expect(events.map(({ attributes }) => attributes?.['brownout.circuit.name'])).toEqual(['tenant:*']);
  });

  it('that is not recorded, or over, or not there, is told nothing', () => {
    const circuit = started(createBrownout()).circuit('a');
    circuit.forceOpen();
    const span = tracer.startSpan('over');
    span.end();
    context.with(trace.setSpan(ROOT_CONTEXT, span), () => circuit.forceClose());
    expect(eventsOf(traces.spans())).toEqual([[]]);
  });
});
