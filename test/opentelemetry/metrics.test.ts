import { type Brownout, cachedAnswer, createBrownout, type Tier } from '@brownout/core';
import { type InstrumentOptions, instrument } from '@brownout/opentelemetry';
import { afterEach, describe, expect, it } from 'vitest';
import { hosts } from '../contract/hosts.ts';
import { useServers } from '../contract/servers.ts';
import { startMeters } from './sdk.ts';

const serve = useServers();
const started: (() => void)[] = [];
afterEach(() => {
  for (const stop of started.splice(0)) stop();
});

/** The SDK repeats what it has once been told: each test has meters of its own. */
function start(set: Brownout, options?: InstrumentOptions, meters = startMeters()) {
  const stop = instrument(set, { ...options, meterProvider: meters.meterProvider });
  started.push(stop);
  return { ...meters, stop };
}

const stopped = { now: 1_000_000 };
const clock = { now: () => stopped.now, wall: () => stopped.now };
const fails = () => Promise.reject(new Error('down'));

describe('Metrics', () => {
  it('tell what the circuits of a set have counted when they are collected, and ask nothing of a call', async () => {
    const set = createBrownout({ clock, failureThreshold: 2, resetTimeoutMs: 1_000, jitter: 0, successThreshold: 1 });
    const circuit = set.circuit('a');
    const { metrics } = start(set);
    for (const name of ['settled', 'refused', 'provided'] as const) expect(set.events.wanted(name)).toBe(false);
    await circuit.run(async () => 1);
    for (let n = 0; n < 3; n++) await circuit.run(fails).catch(() => {});
    stopped.now += 1_000;
    await circuit.run(async () => 1);
    circuit.forceOpen();
    await circuit.run(async () => 1).catch(() => {});
    stopped.now += 500;
    expect(await metrics()).toEqual({
      'brownout.circuit.calls': { 'success a': 2, 'failure a': 2, 'ignored a': 0, 'refused a': 2 },
      'brownout.circuit.slow_calls': { a: 0 },
      'brownout.circuit.late_calls': { a: 0 },
      'brownout.circuit.refusals': {
        'a circuit_open': 1,
        'a forced_open': 1,
        'a overloaded': 0,
        'a rate_limited': 0,
      },
      'brownout.circuit.transitions': {
        'closed a open': 1,
        'open a half_open': 1,
        'half_open a open': 0,
        'half_open a closed': 1,
      },
      'brownout.circuit.shadow_trips': { a: 0 },
      'brownout.circuit.time': { 'a closed': 0, 'a open': 1.5, 'a half_open': 0 },
      'brownout.circuit.state': { 'a closed': 0, 'a open': 1, 'a half_open': 0 },
      'brownout.circuit.mode': { 'enforce a': 0, 'shadow a': 0, 'forced_open a': 1, 'disabled a': 0 },
      'brownout.circuit.in_flight': { a: 0 },
      'brownout.circuit.half_open_time': { a: 0 },
      'brownout.circuit.probe_lease': { a: 60 },
      'brownout.circuit.latency': { 'a p50': 0, 'a p95': 0, 'a p99': 0 },
      'brownout.answers.hits': { '': 0 },
      'brownout.answers.misses': { '': 0 },
      'brownout.answers.evictions': { '': 0 },
      'brownout.answers.entries': { '': 0 },
      'brownout.answers.size': { '': 0 },
      'brownout.persist.failing': { '': 0 },
    });
  });

  it('add up the circuits that were made by key, those that have gone included', async () => {
    const set = createBrownout({ clock });
    const { metrics } = start(set, { set: 'jobs' });
    const tenants = set.keyed('tenant', { maxCircuits: 2 });
    for (const key of ['secret-1', 'secret-2', 'secret-3', 'secret-4']) await tenants.get(key).run(async () => 1);
    expect(set.circuits.size).toBe(2);
    const { 'brownout.circuit.calls': calls, 'brownout.circuit.state': states } = await metrics();
    const label = 'tenant:* jobs';
    expect(calls).toMatchObject({ [`success ${label}`]: 4, [`failure ${label}`]: 0 });
    expect(states).toEqual({
      'tenant:* closed jobs': 2,
      'tenant:* half_open jobs': 0,
      'tenant:* open jobs': 0,
    });
  });

  it('take what a circuit has carried over a restart for no calls of now, but where its series begin with it', async () => {
    const before = createBrownout({ clock });
    const tenTimes = async (set: Brownout, key: string) => {
      for (let n = 0; n < 10; n++)
        await set
          .keyed('tenant')
          .get(key)
          .run(async () => 1);
    };
    await tenTimes(before, 'a');
    await tenTimes(before, 'b');
    stopped.now += 60_000;
    const snapshot = before.snapshot();

    const set = createBrownout({ clock });
    const { metrics } = start(set);
    const tenants = set.keyed('tenant');
    const successes = async () => {
      stopped.now += 1_000;
      return (await metrics())['brownout.circuit.calls']?.['success tenant:*'];
    };
    set.restore(snapshot);
    tenants.get('a');
    expect(await successes()).toBe(10);
    tenants.get('b');
    tenants.get('c');
    expect(await successes()).toBe(10);
    await tenTimes(set, 'b');
    await tenTimes(set, 'c');
    expect(await successes()).toBe(30);
    set.restore(snapshot); // an older state takes nothing back
    expect(await successes()).toBe(30);
  });

  it('count what no circuit counts, as it happens', async () => {
    const set = createBrownout({ clock });
    const { metrics } = start(set);
    const broken: Tier = { name: 'broken', answer: () => Promise.reject(new Error('down')) };
    let isDown = false;
    const breaker = { brownout: set, circuit: 'b', timeoutMs: 0, fallback: [broken, cachedAnswer()] };
    const url = await serve(
      hosts[0]!.create({
        routes: { 'GET /b': { breaker, handler: (call) => call.send(isDown ? 500 : 200, { fine: true }) } },
      }),
    );
    await (await fetch(`${url}/b`)).text();
    isDown = true;
    stopped.now += 90_000;
    await (await fetch(`${url}/b`)).text();
    const at = clock.wall();
    const error = new Error('secret');
    set.events.emit('alert', { circuit: 'b', at, problem: 'unauthorized', error });
    set.events.emit('store_failed', { at, operation: 'get', error });
    set.events.emit('option_failed', { at, option: 'tag', error });
    expect(await metrics()).toMatchObject({
      'brownout.fallbacks': { 'b l1_cache failure': 1 },
      'brownout.fallback.age': { b: { count: 1, sum: 90 } },
      'brownout.tier.failures': { 'b broken': 1 },
      'brownout.alerts': { 'unauthorized b': 1 },
      'brownout.store.failures': { get: 1 },
      'brownout.option.failures': { tag: 1 },
      'brownout.answers.entries': { '': 1 },
      'brownout.answers.hits': { '': 1 },
    });
  });

  it('tell which files of persist fail now: none that was set aside, or has recovered', async () => {
    const set = createBrownout({ clock });
    const { metrics, stop } = start(set, { set: 'web' });
    const failing = async () => (await metrics())['brownout.persist.failing'];
    const told = { at: clock.wall(), operation: 'write', error: new Error('full') } as const;
    expect(await failing()).toEqual({ web: 0 });
    for (const file of ['a', 'b', 'a']) set.events.emit('persist_failed', { ...told, file });
    set.events.emit('persist_failed', { ...told, operation: 'read', file: 'c', setAside: 'c.damaged' });
    expect(await failing()).toEqual({ web: 2 });
    set.events.emit('persist_recovered', { at: clock.wall(), file: 'a' });
    expect(await failing()).toEqual({ web: 1 });
    stop();
    expect(set.events.wanted('persist_failed')).toBe(false);
  });

  it('tell how long calls took where that is asked for', async () => {
    const set = createBrownout({ clock });
    const circuit = set.circuit('c');
    const { metrics } = start(set, { durations: true });
    await circuit.run(async () => {
      stopped.now += 250;
    });
    const failing = circuit.run(() => {
      stopped.now += 500;
      return fails();
    });
    await expect(failing).rejects.toThrow('down');
    expect((await metrics())['brownout.circuit.call.duration']).toEqual({
      'success c': { count: 1, sum: 0.25 },
      'failure c': { count: 1, sum: 0.5 },
    });
  });

  it('are units and names as OpenTelemetry has them', async () => {
    const { collected } = start(createBrownout(), { durations: true });
    for (const { descriptor } of await collected()) {
      expect(descriptor.name).toMatch(/^brownout(\.[a-z]+(_[a-z]+)*)+$/);
      expect(descriptor.unit).toMatch(/^(s|By|\{[a-z]+\})$/);
      expect(descriptor.description).toMatch(/\.$/);
    }
  });

  it('are read no more once they were taken away', async () => {
    const set = createBrownout();
    const circuit = set.circuit('d');
    const { metrics, stop } = start(set);
    await circuit.run(async () => 1);
    const before = (await metrics())['brownout.circuit.calls'];
    expect(before).toMatchObject({ 'success d': 1 });
    stop();
    await circuit.run(async () => 1);
    expect((await metrics())['brownout.circuit.calls']).toEqual(before);
    expect(['degraded', 'forgotten'].filter((name) => set.events.wanted(name as 'degraded'))).toEqual([]);
  });

  it('are told of a store that has none, and of one that throws, as far as they can be', async () => {
    const methods = { get: () => undefined, set: () => {}, delete: () => {} };
    const throwing = Object.defineProperty({ ...methods }, 'stats', { get: () => JSON.parse('{') });
    const stores = [methods, throwing, { ...methods, stats: { entries: 3, bytes: Number.NaN } }];
    const meters = startMeters();
    for (const [n, answers] of stores.entries()) start(createBrownout({ answers }), { set: `${n}` }, meters);
    const { 'brownout.answers.entries': entries, ...others } = await meters.metrics();
    expect(entries).toEqual({ 2: 3 });
    expect(Object.keys(others).filter((name) => name.startsWith('brownout.answers.'))).toEqual([]);
  });

  it('want a set of circuits, and known options', () => {
    expect(() => instrument({} as never)).toThrow('Expected a set of circuits');
    expect(() => instrument(createBrownout(), { durations: 1 } as never)).toThrow('`durations`');
    expect(() => instrument(createBrownout(), { meterProvider: {} } as never)).toThrow('`meterProvider`');
    expect(() => instrument(createBrownout(), { metrics: true } as never)).toThrow('no option `metrics`');
  });
});
