import { type AnswerStore, type Circuit, createBrownout, OptionsError } from '@brownout/core';
import { AggregatorRegistry, Counter, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { exportMetrics } from './export-metrics.ts';
import type { MetricsOptions } from './metrics-options.ts';

/** A set with a clock of its own, its metrics, and what a scrape shows of them. */
function setUp(options: MetricsOptions = {}, answers?: AnswerStore) {
  const time = { now: 0, wall: 0 };
  const clock = { now: () => time.now, wall: () => time.wall };
  const set = createBrownout({
    clock,
    jitter: 0,
    failureThreshold: 2,
    successThreshold: 1,
    ...(answers && { answers }),
  });
  const register = new Registry();
  const stop = exportMetrics(set, { register, ...options });
  return { time, set, register, stop, scrape: () => scraped(register) };
}

/** Each line of the exposition but comments and histograms' buckets, as `name{labels}` → value. */
async function scraped(register: Registry): Promise<Record<string, number>> {
  const text = await register.metrics();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const entries = lines.map((line) => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))] as const;
  });
  expect(new Set(entries.map(([name]) => name)).size).toBe(entries.length);
  return Object.fromEntries(entries);
}

/** What of a scrape begins so, without that beginning. */
const of = (all: Record<string, number>, start: string) =>
  Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => name.startsWith(start))
      .map(([name, value]) => [name.slice(start.length).replace(/^,|\}$/g, ''), value]),
  );

const settle = (circuit: Circuit, verdict: 'success' | 'failure', times = 1) => {
  for (let i = 0; i < times; i++) {
    const permit = circuit.admit();
    if (permit.admitted) permit[verdict](20);
  }
};

describe('exportMetrics', () => {
  it('shows one state of each circuit from the moment it is made, without a call', async () => {
    const { set, scrape } = setUp();
    set.circuit('openai');
    const all = await scrape();
    expect(of(all, 'circuit_breaker_state{name="openai"')).toEqual({
      'state="closed"': 1,
      'state="open"': 0,
      'state="half_open"': 0,
    });
    expect(of(all, 'circuit_breaker_calls_total{name="openai"')).toEqual({
      'outcome="success"': 0,
      'outcome="failure"': 0,
      'outcome="ignored"': 0,
      'outcome="refused"': 0,
    });
  });

  it('shows what a circuit has counted, before the export began as well', async () => {
    const { set, time } = setUp();
    const circuit = set.circuit('a');
    settle(circuit, 'success', 3);
    const register = new Registry();
    exportMetrics(set, { register });
    time.now += 1_000;
    settle(circuit, 'failure', 2);
    settle(circuit, 'success', 4); // refused
    time.now += 30_000;
    const due = await scraped(register);
    expect(of(due, 'circuit_breaker_state{name="a"')).toMatchObject({ 'state="half_open"': 1, 'state="open"': 0 });
    time.now += 2_000;
    expect((await scraped(register))['circuit_breaker_half_open_seconds{name="a"}']).toBe(2);
    settle(circuit, 'failure');
    time.now += 60_000;
    settle(circuit, 'success');
    const all = await scraped(register);
    expect(all).toMatchObject({
      'circuit_breaker_successes_total{name="a"}': 4,
      'circuit_breaker_failures_total{name="a"}': 3,
      'circuit_breaker_openings_total{name="a"}': 2,
      'circuit_breaker_refused_total{name="a",reason="circuit_open"}': 4,
      'circuit_breaker_half_open_seconds{name="a"}': 0,
      'circuit_breaker_probe_lease_seconds{name="a"}': 60,
      'circuit_breaker_in_flight{name="a"}': 0,
      'circuit_breaker_latency_seconds{name="a",percentile="p50"}': 0.02,
    });
    expect(of(all, 'circuit_breaker_state_transitions_total{name="a"')).toEqual({
      'from_state="closed",to_state="open"': 1,
      'from_state="open",to_state="half_open"': 2,
      'from_state="half_open",to_state="open"': 1,
      'from_state="half_open",to_state="closed"': 1,
    });
    expect(of(all, 'circuit_breaker_state_seconds_total{name="a"')).toEqual({
      'state="closed"': 1,
      'state="open"': 90,
      'state="half_open"': 2,
    });
  });

  it('shows the mode, slow and late calls, and what shadow mode would have done', async () => {
    const { set, scrape } = setUp();
    const shadow = set.circuit('shadow', { mode: 'shadow', slowCallMs: 10 });
    const permit = shadow.admit();
    settle(shadow, 'failure', 2);
    set.circuit('forced').forceOpen('maintenance');
    shadow.forceOpen();
    if (permit.admitted) permit.failure(1);
    expect(await scrape()).toMatchObject({
      'circuit_breaker_would_trip_total{name="shadow"}': 1,
      'circuit_breaker_slow_calls_total{name="shadow"}': 2,
      'circuit_breaker_late_calls_total{name="shadow"}': 1,
      'circuit_breaker_mode{name="forced",mode="forced_open"}': 1,
      'circuit_breaker_mode{name="forced",mode="enforce"}': 0,
      'circuit_breaker_state{name="forced",state="open"}': 1,
    });
  });

  it('never takes a count back: not by a reset, a restored state, or a circuit that makes room for another', async () => {
    const { set, time, scrape } = setUp();
    const tenants = set.keyed('tenant', { maxCircuits: 2 });
    const single = set.circuit('single');
    let before: Record<string, number> = {};
    const grows = async () => {
      const all = await scrape();
      for (const [name, value] of Object.entries(before))
        if (name.includes('_total')) expect(all[name], name).toBeGreaterThanOrEqual(value);
      before = all;
      return all;
    };
    settle(single, 'failure', 2);
    const snapshot = set.snapshot();
    for (const key of ['a', 'b', 'c', 'a', 'd', 'e', 'b']) {
      settle(tenants.get(key), 'success', 5);
      time.now += 1_000;
      if (key === 'c') await grows();
      single.reset();
      set.restore(snapshot);
    }
    const all = await grows();
    expect(set.circuits.size).toBe(3);
    expect(all['circuit_breaker_successes_total{name="tenant:*"}']).toBe(35);
    expect(all['circuit_breaker_state{name="tenant:*",state="closed"}']).toBe(2);
    expect(all['circuit_breaker_openings_total{name="single"}']).toBe(1);
  });

  it('takes what a circuit has carried over a restart for no calls of now, but where its series begin with it', async () => {
    const before = setUp();
    before.time.now = 60_000;
    for (const key of ['a', 'b']) settle(before.set.keyed('tenant').get(key), 'success', 10);
    settle(before.set.circuit('single'), 'success', 10);
    before.time.now = 120_000;
    const snapshot = before.set.snapshot();

    const { set, time, scrape } = setUp();
    const early = set.circuit('early');
    const successes = async () => of(await scrape(), 'circuit_breaker_successes_total');
    expect(await successes()).toEqual({ '{name="early"': 0 });
    set.restore({ ...snapshot, circuits: { ...snapshot.circuits, early: snapshot.circuits['single']! } });
    expect(early.metrics().calls.success).toBe(10);
    const tenants = set.keyed('tenant');
    settle(tenants.get('a'), 'success');
    settle(set.circuit('single'), 'success');
    time.now = 1_000;
    expect(await successes()).toEqual({ '{name="early"': 0, '{name="tenant:*"': 11, '{name="single"': 11 });
    tenants.get('b');
    tenants.get('c');
    time.now = 2_000;
    expect(await successes()).toMatchObject({ '{name="tenant:*"': 11 });
    for (const key of ['a', 'b', 'c']) settle(tenants.get(key), 'success');
    settle(early, 'success');
    expect(await successes()).toEqual({ '{name="early"': 1, '{name="tenant:*"': 14, '{name="single"': 11 });
    expect((await scrape())['circuit_breaker_state_seconds_total{name="early",state="closed"}']).toBeLessThan(3);
  });

  it('gives circuits made by key one name, and those above `maxCircuits` another', async () => {
    const { set, scrape } = setUp({ maxCircuits: 3 });
    const tenants = set.keyed('tenant');
    for (let n = 0; n < 50; n++) settle(tenants.get(`t${n}`), 'failure', n < 4 ? 2 : 1);
    for (let n = 0; n < 50; n++) set.circuit(`route ${n}`);
    set.circuit('tenant:by hand'); // comes too late for a name of its own, and is not taken for one by key
    const all = await scrape();
    const names = new Set(Object.keys(all).flatMap((line) => /name="([^"]*)"/.exec(line)?.[1] ?? []));
    expect([...names].sort()).toEqual(['other', 'route 0', 'route 1', 'tenant:*']);
    expect(of(all, 'circuit_breaker_state{name="tenant:*"')).toEqual({
      'state="closed"': 46,
      'state="open"': 4,
      'state="half_open"': 0,
    });
    expect(all['circuit_breaker_state{name="other",state="closed"}']).toBe(49);
    expect(Object.keys(of(all, 'circuit_breaker_half_open_seconds{')).sort()).toEqual([
      'name="route 0"',
      'name="route 1"',
    ]);
    expect(all['circuit_breaker_failures_total{name="tenant:*"}']).toBe(54);
  });

  it('counts what was answered by tiers, and how old it was', async () => {
    const { set, scrape } = setUp({ ageBuckets: [60, 600] });
    const told = { circuit: 'POST /ask', at: 0, status: 200, durationMs: 1 };
    set.events.emit('degraded', { ...told, level: 'l1_cache', reason: 'failure', ageMs: 60_000 });
    set.events.emit('degraded', { ...told, level: 'l1_cache', reason: 'failure', ageMs: 61_000 });
    set.events.emit('degraded', { ...told, level: 'unavailable', reason: 'circuit_open' });
    set.events.emit('tier_failed', { circuit: 'POST /ask', at: 0, level: 'excerpts', error: new Error('none') });
    expect(await scrape()).toMatchObject({
      'brownout_fallbacks_total{name="POST /ask",level="l1_cache",reason="failure"}': 2,
      'brownout_fallbacks_total{name="POST /ask",level="unavailable",reason="circuit_open"}': 1,
      'brownout_tier_failures_total{name="POST /ask",level="excerpts"}': 1,
      'brownout_fallback_age_seconds_bucket{le="60",name="POST /ask"}': 1,
      'brownout_fallback_age_seconds_bucket{le="600",name="POST /ask"}': 2,
      'brownout_fallback_age_seconds_bucket{le="+Inf",name="POST /ask"}': 2,
      'brownout_fallback_age_seconds_sum{name="POST /ask"}': 121,
      'brownout_fallback_age_seconds_count{name="POST /ask"}': 2,
    });
  });

  it('bounds the names of levels, of options, and of circuits that it hears of', async () => {
    const { set, scrape } = setUp({ maxCircuits: 1 });
    set.keyed('tenant').get('a');
    await scrape();
    for (let n = 0; n < 100; n++) {
      const told = { circuit: `tenant:${n}`, at: 0, level: `level ${n}`, reason: 'failure', status: 200 } as const;
      set.events.emit('degraded', { ...told, durationMs: 1 });
      set.events.emit('degraded', { ...told, circuit: `foreign ${n}`, durationMs: 1 });
      set.events.emit('option_failed', { at: 0, option: `option ${n}`, error: undefined });
    }
    const all = await scrape();
    const levels = of(all, 'brownout_fallbacks_total{name="tenant:*"');
    expect(Object.keys(levels)).toHaveLength(31);
    expect(levels['level="other",reason="failure"']).toBe(70);
    expect(Object.keys(of(all, 'brownout_fallbacks_total{name="other"'))).toHaveLength(31);
    expect(all['brownout_option_failures_total{option="other"}']).toBe(70);
  });

  it('tells of alerts from 0 on, and of stores that fail until they recover', async () => {
    const { set, scrape } = setUp();
    set.circuit('openai');
    expect(await scrape()).toMatchObject({
      'brownout_alerts_total{name="openai",problem="unauthorized"}': 0,
      'brownout_alerts_total{name="openai",problem="no_such_model"}': 0,
      brownout_stores_failing: 0,
      'brownout_store_failures_total{operation="get"}': 0,
    });
    set.events.emit('store_recovered', { at: 0 }); // had failed before
    set.events.emit('store_failed', { at: 0, operation: 'get', error: undefined });
    set.events.emit('store_failed', { at: 0, operation: 'set', error: undefined });
    set.events.emit('store_recovered', { at: 0 });
    set.events.emit('alert', { circuit: 'openai', at: 0, problem: 'unauthorized', error: undefined });
    expect(await scrape()).toMatchObject({
      'brownout_alerts_total{name="openai",problem="unauthorized"}': 1,
      brownout_stores_failing: 1,
      'brownout_store_failures_total{operation="get"}': 1,
      'brownout_store_failures_total{operation="set"}': 1,
    });
  });

  it('tells of files of persist that fail until they recover, not of one that was set aside', async () => {
    const { set, scrape } = setUp();
    const failing = async () => (await scrape())['brownout_persist_failing'];
    const told = { at: 0, operation: 'write', error: undefined } as const;
    expect(await failing()).toBe(0);
    set.events.emit('persist_failed', { ...told, operation: 'read', file: '/a', setAside: '/a.corrupt-1' });
    set.events.emit('persist_recovered', { at: 0, file: '/a' });
    expect(await failing()).toBe(0);
    set.events.emit('persist_failed', { ...told, file: '/a' });
    set.events.emit('persist_failed', { ...told, file: '/a.answers' });
    expect(await failing()).toBe(2);
    set.events.emit('persist_recovered', { at: 0, file: '/a' });
    expect(await failing()).toBe(1);
    set.events.emit('persist_recovered', { at: 0, file: '/a.answers' });
    expect(await failing()).toBe(0);
  });

  it('shows the stats of the store of answers', async () => {
    const { set, scrape } = setUp();
    const answer = { status: 200, headers: {}, body: Buffer.from('12345'), storedAt: 0, maxAgeMs: 1_000 };
    await set.answers.set('a', answer);
    await set.answers.get('a');
    await set.answers.get('b');
    const all = await scrape();
    expect(of(all, 'brownout_answers_')).toEqual({
      entries: 1,
      bytes: 5,
      hits_total: 1,
      misses_total: 1,
      evictions_total: 0,
    });
  });

  it.each([
    ['has none', {}],
    ['throws', Object.defineProperty({}, 'stats', { get: () => expect.fail('a store') })],
    ['says what is no number', { stats: { hits: 'many', misses: Number.NaN, entries: -1 } }],
    ['says nothing', { stats: null }],
  ])('leaves out the stats of a store that %s', async (_which, own) => {
    const store = Object.assign(own, { get: () => undefined, set: () => {}, delete: () => {} });
    const { set, scrape } = setUp({}, store);
    set.circuit('a');
    const all = await scrape();
    expect(of(all, 'brownout_answers_')).toEqual({});
    expect(all['circuit_breaker_state{name="a",state="closed"}']).toBe(1);
  });

  describe('the histogram of durations', () => {
    it('counts calls that succeeded or failed', async () => {
      const { set, scrape } = setUp({ buckets: [0.01, 0.02] });
      const circuit = set.circuit('a');
      settle(circuit, 'success', 2);
      settle(circuit, 'failure');
      const permit = circuit.admit();
      if (permit.admitted) permit.ignore();
      const late = circuit.admit();
      if (late.admitted) late.success(21);
      expect(of(await scrape(), 'circuit_breaker_call_duration_seconds_')).toEqual({
        'bucket{le="0.01",name="a"': 0,
        'bucket{le="0.02",name="a"': 3,
        'bucket{le="+Inf",name="a"': 4,
        'sum{name="a"': 0.081,
        'count{name="a"': 4,
      });
    });

    it('is not there, and nothing is listened to per call, where `buckets` is false', async () => {
      const { set, register } = setUp({ buckets: false });
      settle(set.circuit('a'), 'success');
      expect(register.getSingleMetric('circuit_breaker_call_duration_seconds')).toBeUndefined();
      expect(set.events.wanted('settled')).toBe(false);
      expect(set.events.wanted('refused')).toBe(false);
    });
  });

  it('exports several sets in one call, each by its name', async () => {
    const web = createBrownout();
    const jobs = createBrownout();
    settle(web.circuit('openai'), 'success', 2);
    settle(jobs.circuit('openai'), 'success', 3);
    const register = new Registry();
    exportMetrics({ web, jobs }, { register, prefix: 'shop_' });
    expect(await scraped(register)).toMatchObject({
      'shop_circuit_breaker_successes_total{set="web",name="openai"}': 2,
      'shop_circuit_breaker_successes_total{set="jobs",name="openai"}': 3,
      'shop_circuit_breaker_state{set="jobs",name="openai",state="closed"}': 1,
      'shop_brownout_stores_failing{set="jobs"}': 0,
    });
  });

  it('adds up what the workers of a cluster tell, but no times', async () => {
    const workers = await Promise.all(
      [1, 2].map(async (n) => {
        const { time, set, register } = setUp({ buckets: [1] });
        const circuit = set.circuit('a', { probeLeaseMs: 5_000, resetTimeoutMs: 1_000 });
        settle(circuit, 'failure', 2);
        time.now = 1_000 + 1_000 * n;
        return register.getMetricsAsJSON();
      }),
    );
    const all = await scraped(AggregatorRegistry.aggregate(workers) as Registry);
    expect(all).toMatchObject({
      'circuit_breaker_state{name="a",state="half_open"}': 2,
      'circuit_breaker_failures_total{name="a"}': 4,
      'circuit_breaker_half_open_seconds{name="a"}': 2,
      'circuit_breaker_probe_lease_seconds{name="a"}': 5,
      'circuit_breaker_latency_seconds{name="a",percentile="p50"}': 0.02,
      'circuit_breaker_call_duration_seconds_count{name="a"}': 4,
    });
  });

  it('reads each circuit once for a whole scrape', async () => {
    const { set, register } = setUp();
    const circuit = set.circuit('a');
    let reads = 0;
    const metrics = circuit.metrics.bind(circuit);
    circuit.metrics = () => {
      reads++;
      return metrics();
    };
    await Promise.all([register.metrics(), register.metrics()]);
    expect(reads).toBe(1);
    await register.getSingleMetricAsString('circuit_breaker_in_flight');
    expect(reads).toBe(2);
  });

  it('goes on to count after the metrics of the register were reset', async () => {
    const { set, register, scrape } = setUp();
    const circuit = set.circuit('a');
    settle(circuit, 'success', 2);
    await scrape();
    register.resetMetrics();
    settle(circuit, 'success', 3);
    expect(await scrape()).toMatchObject({
      'circuit_breaker_successes_total{name="a"}': 3,
      'circuit_breaker_call_duration_seconds_count{name="a"}': 3,
    });
  });

  it('leaves the register as it was when it is stopped, and may begin again', async () => {
    const { set, register, stop } = setUp();
    settle(set.circuit('a'), 'success');
    await register.metrics();
    stop();
    expect(register.getMetricsAsArray()).toEqual([]);
    expect(set.events.wanted('degraded') || set.events.wanted('settled') || set.events.wanted('forgotten')).toBe(false);
    new Counter({ name: 'circuit_breaker_state', help: 'of somebody else', registers: [register] });
    stop();
    expect(register.getSingleMetric('circuit_breaker_state')).toBeDefined();
    register.clear();
    exportMetrics(set, { register });
    expect((await scraped(register))['circuit_breaker_successes_total{name="a"}']).toBe(1);
  });

  it('refuses a register that has such metrics, and leaves it as it is', () => {
    const { set, register } = setUp();
    const count = register.getMetricsAsArray().length;
    expect(() => exportMetrics(createBrownout(), { register })).toThrow(
      'The register has a metric `circuit_breaker_calls_total` already. Export several sets in one call',
    );
    expect(register.getMetricsAsArray()).toHaveLength(count);
    const other = new Registry();
    new Counter({ name: 'brownout_fallbacks_total', help: 'of somebody else', registers: [other] });
    expect(() => exportMetrics(set, { register: other })).toThrow(OptionsError);
    expect(other.getMetricsAsArray()).toHaveLength(1);
    exportMetrics(set, { register: other, prefix: 'app_' });
  });

  it.each([
    [{ prefix: '1a' }, '`prefix`'],
    [{ buckets: [] }, '`buckets`'],
    [{ buckets: [1, 1] }, '`buckets`'],
    [{ buckets: true }, '`buckets`'],
    [{ ageBuckets: [0, 1] }, '`ageBuckets`'],
    [{ ageBuckets: false }, '`ageBuckets`'],
    [{ maxCircuits: 0 }, '`maxCircuits`'],
    [{ register: {} }, '`register`'],
    [{ registry: new Registry() }, 'the nearest is `register`'],
  ])('refuses the options %j', (options, message) => {
    expect(() => exportMetrics(createBrownout(), options as MetricsOptions)).toThrow(message);
  });

  it.each([[{}], [null], [{ web: {} }], ['web'], [new Map()]])('refuses %j in the place of a set', (of) => {
    expect(() => exportMetrics(of as never, { register: new Registry() })).toThrow('Expected a set of circuits');
  });
});
