import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import process from 'node:process';
import { describe, expect, it, vi } from 'vitest';
import { createBrownout } from './brownout.ts';
import type { Circuit } from './circuit/circuit.ts';
import { OptionsError } from './errors.ts';

function trip(circuit: Circuit): void {
  while (circuit.state === 'closed') fail(circuit);
}

function fail(circuit: Circuit): void {
  const permit = circuit.admit();
  if (permit.admitted) permit.failure(1);
}

const isAdmitted = (circuit: Circuit) => circuit.admit().admitted;

describe('Brownout', () => {
  describe('circuit', () => {
    it('finds a circuit whatever it was made with, or makes it with the defaults', () => {
      const set = createBrownout({ failureThreshold: 2 });
      const made = set.circuit('a', { failureThreshold: 1 });
      expect(set.circuit('a')).toBe(made);
      expect(set.circuit('a', {})).toBe(made);
      const plain = set.circuit('b');
      fail(plain);
      expect(plain.state).toBe('closed');
      fail(plain);
      expect(plain.state).toBe('open');
    });

    it('takes the same options again, and no others', () => {
      const set = createBrownout({ minimumCalls: 20 });
      const classify = { failure: [RangeError], ignore: [TypeError] };
      const made = set.circuit('a', { failureThreshold: 3, classify });
      expect(set.circuit('a', { failureThreshold: 3, classify: { ...classify, failure: [RangeError] } })).toBe(made);
      expect(set.circuit('a', { failureThreshold: 3, classify, minimumCalls: 20, windowMs: 60_000 })).toBe(made);
      expect(() => set.circuit('a', { failureThreshold: 4, classify })).toThrow('another `failureThreshold`');
      expect(() => set.circuit('a', { classify })).toThrow(OptionsError);
      expect(() => set.circuit('a', { failureThreshold: 3, classify: { failure: [RangeError] } })).toThrow(
        '`classify`',
      );
      expect(() => set.circuit('a', { failureThreshold: 3, classify: () => 'failure' })).toThrow('`classify`');
    });

    it('still takes them after an update', () => {
      const set = createBrownout();
      const made = set.circuit('a', { failureThreshold: 3 });
      set.update('a', { failureThreshold: 7 });
      expect(set.circuit('a', { failureThreshold: 3 })).toBe(made);
    });

    it('lets derived options give way to defaults, and never conflict', () => {
      let now = 0;
      const clock = { now: () => now, wall: () => 0 };
      const set = createBrownout({ clock, failureThreshold: 1, jitter: 0 });
      const a = set.circuit('a', {}, { probeLeaseMs: 100, failureThreshold: 50 });
      expect(set.circuit('a', { failureThreshold: 1 }, { probeLeaseMs: 900 })).toBe(a);
      fail(a);
      now += 30_000;
      expect(isAdmitted(a)).toBe(true);
      now += 100;
      expect(isAdmitted(a)).toBe(false);
      expect(a.metrics().calls.failure).toBe(2);
    });

    it('refuses bad options and names', () => {
      const set = createBrownout();
      expect(() => set.circuit('a', { jitter: 2 })).toThrow('`jitter`');
      expect(() => set.circuit('')).toThrow('`name`');
      expect(() => set.circuit('a\udc00')).toThrow('lone surrogates');
      expect(set.circuits.size).toBe(0);
    });
  });

  it('refuses bad defaults when it is made', () => {
    expect(() => createBrownout({ failureThreshold: 0 })).toThrow(OptionsError);
    expect(() => createBrownout({ resetTimeoutMs: 400_000 })).toThrow(OptionsError);
    expect(() => createBrownout({ answers: {} as never })).toThrow('`answers`');
    expect(() => createBrownout({ jiter: 0 } as never)).toThrow('the nearest is `jitter`');
  });

  it('keeps each circuit to itself', () => {
    const set = createBrownout({ failureThreshold: 1 });
    trip(set.circuit('a'));
    expect(set.circuit('b').state).toBe('closed');
    expect(createBrownout().circuit('a').state).toBe('closed');
  });

  it('gives learned routes circuits of their own, under free names', () => {
    const set = createBrownout();
    const names = [1, 2, 3].map(() => set.learnedCircuit('GET /', { failureThreshold: 1 }).name);
    expect(names).toEqual(['GET /', 'GET / #2', 'GET / #3']);
  });

  it('carries the state of a learned route over a restart, but for routes that got one name in the order of their requests', () => {
    const set = createBrownout();
    set.ownCircuit('GET /a');
    for (const name of ['GET /a', 'GET /b', 'GET /c', 'GET /c']) set.learnedCircuit(name);
    expect(Object.keys(set.snapshot().circuits)).toEqual(['GET /a', 'GET /a #2', 'GET /b']);
  });

  it('shows its circuits, and lets nobody change them', () => {
    const set = createBrownout();
    const { circuits } = set;
    const [b, a] = [set.circuit('b'), set.circuit('a')];
    expect([...circuits]).toEqual([
      ['b', b],
      ['a', a],
    ]);
    expect([...circuits.keys()]).toEqual(['b', 'a']);
    expect([...circuits.values()]).toEqual([b, a]);
    expect([...circuits.entries()]).toHaveLength(2);
    expect([circuits.size, circuits.has('a'), circuits.get('a'), circuits.get('c')]).toEqual([2, true, a, undefined]);
    expect('set' in circuits || 'delete' in circuits).toBe(false);
  });

  it('tells listeners of all circuits, and diagnostics channels too', () => {
    const set = createBrownout({ failureThreshold: 1 });
    const [listener, subscriber] = [vi.fn(), vi.fn()];
    const off = set.on('tripped', listener);
    subscribe('brownout:tripped', subscriber);
    fail(set.circuit('a'));
    unsubscribe('brownout:tripped', subscriber);
    fail(set.circuit('b'));
    off();
    fail(set.circuit('c'));
    expect(listener.mock.calls.map(([{ circuit }]) => circuit)).toEqual(['a', 'b']);
    expect(subscriber.mock.calls).toEqual([[expect.objectContaining({ circuit: 'a' }), 'brownout:tripped']]);
  });

  it('is as healthy as its worst circuit', () => {
    const set = createBrownout({ failureThreshold: false, minimumCalls: 4, failureRateThreshold: 0.5 });
    expect(set.health()).toEqual({ status: 'healthy', circuits: {} });
    const [a, b] = [set.circuit('a'), set.circuit('__proto__')];
    for (const circuit of [a, b])
      for (let i = 0; i < 3; i++) {
        const permit = circuit.admit();
        if (permit.admitted) permit.success(1);
      }
    fail(a);
    expect(set.health().status).toBe('healthy');
    fail(a);
    expect(set.health().status).toBe('degraded');
    fail(a);
    expect(set.health()).toMatchObject({ status: 'failed', circuits: { a: { status: 'failed' } } });
    expect(Object.keys(set.health().circuits)).toEqual(['a', '__proto__']);
  });

  it('resets all', () => {
    const set = createBrownout({ failureThreshold: 1 });
    trip(set.circuit('a'));
    set.circuit('b').forceOpen();
    set.resetAll();
    expect([...set.circuits.values()].map(({ state, mode }) => `${state} ${mode}`)).toEqual([
      'closed enforce',
      'closed enforce',
    ]);
  });

  it('updates by name, and keeps state and listeners', () => {
    const set = createBrownout({ failureThreshold: 2 });
    const listener = vi.fn();
    set.on('tripped', listener);
    fail(set.circuit('a'));
    set.update('a', { failureThreshold: 2, windowMs: 5_000 });
    fail(set.circuit('a'));
    expect(listener).toHaveBeenCalledOnce();
    expect(() => set.update('b', {})).toThrow('no circuit');
    expect(() => set.update('a', { jitter: -1 })).toThrow('`jitter`');
  });

  describe('snapshot and restore', () => {
    it('carry states through JSON to circuits that are made later', () => {
      const before = createBrownout({ failureThreshold: 1 });
      trip(before.circuit('a'));
      trip(before.keyed('tenant').get('x'));
      before.circuit('b').forceOpen('drill');
      const json = JSON.stringify(before.snapshot());
      const after = createBrownout({ failureThreshold: 1 });
      const early = after.circuit('b');
      after.restore(JSON.parse(json));
      expect(JSON.parse(JSON.stringify(after.snapshot())).circuits).toMatchObject({ a: { state: 'open' } });
      expect(early.mode).toBe('forced_open');
      expect(after.circuit('a', { failureThreshold: 9 }).state).toBe('open');
      expect(after.keyed('tenant').get('x').state).toBe('open');
      expect(after.circuit('c').state).toBe('closed');
    });

    it.each([
      undefined,
      null,
      [],
      'x',
      {},
      { version: 2, circuits: {} },
      { version: 1, circuits: [] },
      { version: 1, circuits: { a: { at: 0, state: 'open', leftMs: 9, failedRounds: 0 }, b: null } },
    ])('refuse rubbish whole: %j', (rubbish) => {
      const set = createBrownout();
      const a = set.circuit('a');
      expect(() => set.restore(rubbish as never)).toThrow(OptionsError);
      expect(a.state).toBe('closed');
    });
  });

  describe('keyed', () => {
    it('makes a circuit for each key, and finds it again', () => {
      const set = createBrownout();
      const tenants = set.keyed('tenant', { failureThreshold: 1 });
      const acme = tenants.get('acme');
      expect(acme.name).toBe('tenant:acme');
      trip(acme);
      expect(tenants.get('acme')).toBe(acme);
      expect(tenants.get('other').state).toBe('closed');
      expect(set.keyed('tenant', { failureThreshold: 1 })).toBe(tenants);
      expect(set.keyed('tenant')).toBe(tenants);
      expect([acme.family, set.circuit('tenant').family]).toEqual(['tenant', undefined]);
      expect(() => set.keyed('tenant', { failureThreshold: 2 })).toThrow(OptionsError);
      expect(() => set.keyed('tenant', { maxCircuits: 3 })).toThrow('`maxCircuits`');
      expect(set.circuits.has('tenant:acme')).toBe(true);
    });

    it('evicts the one that was not asked for longest', () => {
      const set = createBrownout();
      const models = set.keyed('m', { maxCircuits: 2 });
      const a = models.get('a');
      models.get('b');
      models.get('a');
      models.get('c');
      expect([...set.circuits.keys()]).toEqual(['m:a', 'm:c']);
      expect(models.get('a')).toBe(a);
    });

    it('lets go of what an outage has opened and nobody asks for any more', () => {
      let now = 0;
      const set = createBrownout({ clock: { now: () => now, wall: () => 0 }, failureThreshold: 1 });
      const tenants = set.keyed('t', { maxCircuits: 10 });
      for (let key = 0; key < 200; key++) {
        const permit = tenants.get(`${key}`).admit();
        if (permit.admitted) permit.failure(1);
      }
      expect(tenants.size).toBe(200);
      now = 86_400_000;
      for (let key = 0; key < 20; key++) tenants.get(`new ${key}`);
      expect(tenants.size).toBe(10);
    });

    it('tells of the one that goes while its counts can still be read', () => {
      const set = createBrownout({ clock: { now: () => 0, wall: () => 7 } });
      const models = set.keyed('m', { maxCircuits: 1 });
      const told: unknown[] = [];
      set.on('forgotten', (event) => void told.push(event, set.circuits.get(event.circuit)?.metrics().calls.success));
      const permit = models.get('a').admit();
      if (permit.admitted) permit.success(1);
      models.get('b');
      expect(told).toEqual([{ circuit: 'm:a', at: 7 }, 1]);
    });

    it('tells so of one that goes while another event is delivered, too, and its name is free at once', () => {
      const set = createBrownout();
      const models = set.keyed('m', { maxCircuits: 1 });
      const told: unknown[] = [];
      set.on(
        'forgotten',
        ({ circuit: name }) => void told.push([name, set.circuits.get(name)?.metrics().calls.success]),
      );
      const permit = models.get('a').admit();
      if (permit.admitted) permit.success(1);
      const stop = set.on('reset', () => void models.get('b'));
      set.resetAll();
      stop();
      expect(told).toEqual([['m:a', 1]]);
      expect([...set.circuits.keys()]).toEqual(['m:b']);
      set.on('reset', () => {
        models.get('c');
        models.get('b');
      });
      models.get('b').reset();
      expect([...set.circuits.keys()]).toEqual(['m:b']);
      expect(set.circuits.get('m:b')).toBe(models.get('b'));
    });

    it('evicts idle closed circuits only, and comes back to its size when it can', () => {
      let now = 0;
      const set = createBrownout({ clock: { now: () => now, wall: () => 0 }, jitter: 0, successThreshold: 1 });
      const models = set.keyed('m', { maxCircuits: 2, failureThreshold: 2 });
      trip(models.get('open'));
      models.get('forced').forceOpen();
      const busy = models.get('busy').admit();
      fail(models.get('failing'));
      models.get('more');
      expect([...set.circuits.keys()]).toEqual(['m:open', 'm:forced', 'm:busy', 'm:failing', 'm:more']);
      if (busy.admitted) busy.success(1);
      models.get('forced').clearOverride();
      now += 60_000;
      const probe = models.get('open').admit();
      if (probe.admitted) probe.success(1);
      models.get('last');
      expect(models.size).toBe(2);
      expect([...set.circuits.keys()].sort()).toEqual(['m:last', 'm:open']);
    });

    it('takes any key', () => {
      const set = createBrownout();
      const keyed = set.keyed('k');
      set.circuit('k:taken');
      expect(keyed.get('').name).toBe('k:');
      expect(keyed.get('a\ud800').name).toBe('k:a\ufffd');
      expect(keyed.get('a\ud801').name).toBe('k:a\ufffd #2');
      expect(keyed.get('taken').name).toBe('k:taken #2');
    });
  });

  it('takes its listeners away when it is closed, and its circuits work on', () => {
    const set = createBrownout({ failureThreshold: 1 });
    const listener = vi.fn();
    set.on('tripped', listener);
    set.close();
    trip(set.circuit('a'));
    expect(listener).not.toHaveBeenCalled();
    expect(set.circuit('a').state).toBe('open');
  });

  it('makes a store for answers when it is first asked for, or uses the one it is given', () => {
    const set = createBrownout();
    expect(set.answers).toBe(set.answers);
    expect(createBrownout().answers).not.toBe(set.answers);
    const answers = { get: () => undefined, set: () => undefined, delete: () => undefined };
    expect(createBrownout({ answers }).answers).toBe(answers);
  });

  it('keeps no process alive: circuits have no timers', () => {
    const script = `
      const { createBrownout } = await import(${JSON.stringify(new URL('./brownout.ts', import.meta.url).href)});
      const set = createBrownout({ failureThreshold: 1, timeoutMs: 60_000 });
      for (let i = 0; i < 100; i++) await set.circuit('c' + i).run(() => i);
      await set.circuit('c0').run(() => Promise.reject(new Error('boom'))).catch(() => undefined);
      console.log(set.circuit('c0').state, process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length);
    `;
    const child = spawnSync(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect([child.status, child.stdout, child.stderr]).toEqual([0, 'open 0\n', '']);
  });
});
