import { createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { Watch } from './watch.ts';

/** A set on a clock that stands still, and a watch of it. */
function setUp() {
  const time = { now: 5_000, wall: 1_800_000_000_000 };
  const pass = (ms: number) => {
    time.now += ms;
    time.wall += ms;
  };
  const clock = { now: () => time.now, wall: () => time.wall };
  const brownout = createBrownout({ clock, jitter: 0, failureThreshold: 2 });
  const watch = new Watch(brownout);
  const call = (name: string, outcome: 'success' | 'failure' | 'ignore', ms = 10) => {
    const permit = brownout.circuit(name).admit();
    if (!permit.admitted) return;
    if (outcome === 'ignore') permit.ignore();
    else permit[outcome](ms);
  };
  const summaryOf = (name: string) => watch.summaries().find((summary) => summary.name === name)!;
  const detailsOf = (name: string) => watch.details(watch.find(name)!);
  return { brownout, watch, clock, time, pass, call, summaryOf, detailsOf };
}

describe('Watch', () => {
  it('counts what each step of the last hour has seen', () => {
    const { brownout, watch, pass, call, detailsOf } = setUp();
    brownout.circuit('a');
    watch.look();
    call('a', 'success', 20);
    call('a', 'ignore');
    pass(10_000);
    watch.look();
    call('a', 'failure');
    call('a', 'failure');
    call('a', 'failure'); // refused
    const { history } = detailsOf('a');
    expect(history.stepMs).toBe(10_000);
    expect(history.from).toBe(1_800_000_000_000 + 10_000 - 5_000 - 359 * 10_000);
    expect(history.success.slice(-3)).toEqual([0, 1, 0]);
    expect(history.failure.slice(-3)).toEqual([0, 0, 2]);
    expect(history.refused.slice(-3)).toEqual([0, 0, 1]);
    expect(history.state.slice(-3)).toEqual([null, 'closed', 'open']);
    expect(history.p95.slice(-3)).toEqual([null, 20, 20]); // of the circuit's window
    pass(3_590_000);
    watch.look();
    expect(detailsOf('a').history.failure[0]).toBe(2);
    pass(10_000);
    watch.look();
    expect(detailsOf('a').history.failure.every((count) => count === 0)).toBe(true);
  });

  it('leaves empty what nobody has looked at', () => {
    const { brownout, watch, pass, call, detailsOf, summaryOf } = setUp();
    brownout.circuit('a');
    watch.look();
    call('a', 'success');
    pass(120_000); // the process was stopped
    watch.look();
    expect(detailsOf('a').history.success.slice(-13)).toEqual([1, ...new Array(12).fill(0)]);
    expect(detailsOf('a').history.state.slice(-13)).toEqual(['closed', ...new Array(11).fill(null), 'closed']);
    expect(summaryOf('a').trail.slice(-3)).toBe('c-c');
    pass(10 * 3_600_000);
    watch.look();
    expect(detailsOf('a').history.success.every((count) => count === 0)).toBe(true);
    expect(summaryOf('a').trail).toBe(`${'-'.repeat(59)}c`);
  });

  it('shows the worst of each minute, however short it was', () => {
    const { brownout, watch, pass, call, summaryOf } = setUp();
    const circuit = brownout.circuit('a');
    watch.look();
    call('a', 'failure');
    call('a', 'failure');
    pass(1_000);
    circuit.reset();
    for (let second = 0; second < 70; second++) {
      pass(1_000);
      watch.look();
    }
    expect(summaryOf('a')).toMatchObject({ state: 'closed', trail: `${'-'.repeat(58)}oc` });
  });

  it.each(['before', 'after'])('counts no call of before a restart, carried over %s it saw the circuit', (when) => {
    const { brownout, watch, call, pass, summaryOf, detailsOf, clock } = setUp();
    const other = createBrownout({ clock });
    const old = other.circuit('a');
    for (let calls = 0; calls < 9; calls++) {
      const permit = old.admit();
      if (permit.admitted) permit.success(1);
    }
    old.forceOpen();
    pass(60_000);
    old.clearOverride();
    const snapshot = other.snapshot();
    if (when === 'before') brownout.restore(snapshot);
    brownout.circuit('a');
    watch.look();
    if (when === 'after') brownout.restore(snapshot);
    watch.look();
    pass(1_000);
    watch.summaries();
    call('a', 'success');
    expect(summaryOf('a').calls.success).toBe(10);
    expect(detailsOf('a').history.success.at(-1)).toBe(1);
    expect(detailsOf('a').history.state.at(-1)).toBe('closed');
  });

  it('tells the calls of a minute', () => {
    const { brownout, watch, pass, call, summaryOf } = setUp();
    brownout.circuit('a');
    watch.look();
    for (let second = 0; second < 300; second++) {
      call('a', 'success');
      call('a', 'success');
      pass(1_000);
      watch.look();
    }
    expect(summaryOf('a').callsPerMinute).toBe(120);
    pass(80_000);
    expect(summaryOf('a').callsPerMinute).toBe(0);
  });

  it('tells for five minutes what users were served, and why', () => {
    const { brownout, watch, pass, call, time, summaryOf, detailsOf } = setUp();
    brownout.circuit('a');
    watch.look();
    const degraded = (level: string, circuit = 'a') =>
      brownout.events.emit('degraded', {
        circuit,
        at: time.wall,
        level,
        reason: 'timeout',
        status: 503,
        durationMs: 1,
      });
    degraded('l1_cache');
    degraded('__proto__');
    degraded('unavailable', 'nobody');
    call('a', 'success');
    call('a', 'ignore');
    call('a', 'failure');
    pass(200_000);
    watch.look();
    degraded('l1_cache');
    const served = { handler: 2, l1_cache: 2, ['__proto__']: 1 };
    expect(JSON.stringify(summaryOf('a').served)).toBe(JSON.stringify(served));
    expect(summaryOf('a').reasons).toEqual({ timeout: 3 });
    pass(100_000);
    expect(summaryOf('a').served).toEqual({ handler: 0, l1_cache: 1 });
    expect(detailsOf('a').history.degraded.filter((count) => count > 0)).toEqual([2, 1]);
    pass(300_000);
    expect(summaryOf('a')).toMatchObject({ served: { handler: 0 }, reasons: {} });
    expect([...brownout.circuits.keys()]).toEqual(['a']);
  });

  it('tells of so many levels, and of the rest as one: a tier may answer with any', () => {
    const { brownout, watch, time, summaryOf } = setUp();
    brownout.circuit('a');
    watch.look();
    const told = { circuit: 'a', at: time.wall, reason: 'failure', status: 200, durationMs: 1 } as const;
    for (let n = 0; n < 500; n++) brownout.events.emit('degraded', { ...told, level: `level ${n}` });
    brownout.events.emit('degraded', { ...told, level: 'level 0' });
    const { served } = summaryOf('a');
    expect(Object.keys(served)).toHaveLength(32);
    expect(served).toMatchObject({ handler: 0, 'level 0': 2, 'level 29': 1, other: 470 });
  });

  it('counts a level that is called as the handler is with the others: what handlers answered stands for itself', () => {
    const { brownout, watch, time, call, summaryOf } = setUp();
    brownout.circuit('a');
    watch.look();
    const told = { circuit: 'a', at: time.wall, reason: 'failure', status: 200, durationMs: 1 } as const;
    call('a', 'success');
    for (const level of ['handler', 'other', 'handler']) brownout.events.emit('degraded', { ...told, level });
    expect(summaryOf('a').served).toEqual({ handler: 1, other: 3 });
  });

  it('tells times that stand still as the same', () => {
    const { brownout, time, watch, call, summaryOf } = setUp();
    brownout.circuit('a');
    watch.look();
    call('a', 'failure');
    call('a', 'failure');
    const { at: _at, ...first } = { at: 0, ...summaryOf('a') };
    time.now += 1_000;
    time.wall += 1_001; // rounded otherwise
    expect(summaryOf('a')).toEqual(first);
  });

  it('follows circuits that come and go, and takes one of the same name for another', () => {
    const { brownout, watch, call, summaryOf, detailsOf } = setUp();
    const tenants = brownout.keyed('tenant', { maxCircuits: 1 });
    tenants.get('a').forceOpen();
    watch.look();
    expect(detailsOf('tenant:a').events).toHaveLength(1);
    tenants.get('a').clearOverride();
    tenants.get('b');
    watch.look();
    expect(watch.takeGone()).toEqual(['tenant:a']);
    expect(watch.takeGone()).toEqual([]);
    expect(watch.find('tenant:a')).toBeUndefined();
    tenants.get('a');
    expect(detailsOf('tenant:a').events).toEqual([]);
    call('tenant:a', 'success');
    expect(summaryOf('tenant:a').calls.success).toBe(1);
    expect(watch.takeGone()).toEqual(['tenant:b']);
  });

  it('logs what happens in plain words', () => {
    const { brownout, watch, pass, call, detailsOf, time } = setUp();
    const circuit = brownout.circuit('a', { successThreshold: 1, slowCallMs: 100, slowCallRateThreshold: 0.25 });
    watch.look();
    call('a', 'failure');
    call('a', 'failure');
    pass(30_000);
    call('a', 'failure');
    pass(60_000);
    call('a', 'success');
    circuit.forceOpen('maintenance');
    circuit.forceClose();
    circuit.disable();
    circuit.reset('done');
    circuit.update({ mode: 'shadow' });
    call('a', 'failure');
    call('a', 'failure');
    brownout.events.emit('alert', {
      circuit: 'a',
      at: time.wall,
      problem: 'unauthorized',
      error: new Error('sk-secret'),
    });
    brownout.events.emit('tripped', { circuit: 'a', at: time.wall, rule: 'slow', openMs: 1_000 } as never);
    expect(
      detailsOf('a')
        .events.map(({ kind, text, why }) => [kind, text, ...(why ? [why] : [])])
        .reverse(),
    ).toEqual([
      ['tripped', 'Tripped: 2 failures in a row; open for 30 s.'],
      ['half_opened', 'Half-open: a call is let through to see.'],
      ['reopened', 'Opened again: the probe failed; open for 60 s.'],
      ['half_opened', 'Half-open: a call is let through to see.'],
      ['closed', 'Closed: the probes succeeded.'],
      ['mode_changed', 'Forced open: every call is refused.', 'maintenance'],
      ['mode_changed', 'Follows its rules again.'],
      ['mode_changed', 'Disabled: every call is let through.'],
      ['mode_changed', 'Follows its rules again.', 'done'],
      ['reset', 'Reset: closed, and its window is empty.', 'done'],
      ['mode_changed', 'Shadow mode: it measures, and refuses nothing.'],
      ['would_trip', 'Would have tripped: 2 failures in a row. In shadow mode it only says so.'],
      ['alert', 'The dependency refuses our credentials: no waiting mends that.'],
      ['tripped', 'Tripped: 25% of the calls or more were slow; open for 1 s.'],
    ]);
  });

  it('tells once a minute what may come with every request', () => {
    const { brownout, watch, pass, time, detailsOf } = setUp();
    brownout.circuit('a');
    watch.look();
    for (let second = 0; second < 150; second++) {
      brownout.events.emit('tier_failed', { circuit: 'a', at: time.wall, level: 'excerpts', error: undefined });
      pass(1_000);
    }
    expect(detailsOf('a').events.map(({ text }) => text)).toEqual(
      new Array(3).fill('The tier excerpts failed, and passed on to the next.'),
    );
  });

  it('lets go of the set when it is closed', () => {
    const { brownout, watch } = setUp();
    brownout.circuit('a');
    expect(brownout.events.wanted('degraded')).toBe(true);
    watch.close();
    expect((['degraded', 'tripped', 'alert', 'reset'] as const).filter((name) => brownout.events.wanted(name))).toEqual(
      [],
    );
  });
});
