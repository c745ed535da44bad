import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWindow, rebuiltWindow, type Window } from './window.ts';

const totals = ({ calls, failures, slow, waited }: Window) => ({ calls, failures, slow, waited });

interface Noted {
  readonly at: number;
  readonly kind: 'plain' | 'failed' | 'slow' | 'slow failed' | 'waited';
}

function add(window: Window, { at, kind }: Noted): void {
  window.advance(at);
  if (kind === 'waited') window.addWaited();
  else window.add(kind.endsWith('failed'), kind.startsWith('slow'));
}

function brute(noted: readonly Noted[]) {
  const of = (...kinds: Noted['kind'][]) => noted.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    calls: noted.length - of('waited'),
    failures: of('failed', 'slow failed'),
    slow: of('slow', 'slow failed', 'waited'),
    waited: of('waited'),
  };
}

const kinds = fc.constantFrom<Noted['kind']>('plain', 'failed', 'slow', 'slow failed', 'waited');
const tenYears = 10 * 365 * 24 * 3600 * 1000;
/** Idle gaps, exact edges and their neighbours, and years. */
const gaps = fc.oneof(
  fc.constantFrom(0, 1, 99, 100, 101, 899, 900, 901, 999, 1_000, 1_001, 10_000, tenYears),
  fc.nat(400),
  fc.double({ min: 0, max: 250, noNaN: true }),
);
const start = fc.constantFrom(0, 0.5, 99.999, 1e6, 7 * tenYears, -12_345);

describe('a window over time', () => {
  it('holds what a list of all calls says it must', () => {
    fc.assert(
      fc.property(start, fc.array(fc.tuple(gaps, kinds), { maxLength: 60, size: 'max' }), (first, calls) => {
        const window = createWindow({ windowMs: 1_000, windowCalls: undefined });
        const noted: Noted[] = [];
        let at = first;
        for (const [gap, kind] of calls) {
          at += gap;
          const call = { at, kind };
          noted.push(call);
          add(window, call);
          const bucket = (moment: number) => Math.floor(moment / 100);
          expect(totals(window)).toEqual(brute(noted.filter((old) => bucket(at) - bucket(old.at) < 10)));
        }
      }),
    );
  });

  it('forgets everything after an idle time of one window, and of ten years', () => {
    for (const idle of [1_000, tenYears]) {
      const window = createWindow({ windowMs: 1_000, windowCalls: undefined });
      add(window, { at: 0, kind: 'failed' });
      window.advance(899.9);
      expect(window.failures).toBe(1);
      window.advance(idle);
      expect(totals(window)).toEqual(brute([]));
    }
  });

  it('goes on in its newest bucket when the clock is set back', () => {
    const window = createWindow({ windowMs: 1_000, windowCalls: undefined });
    add(window, { at: 5_000, kind: 'failed' });
    add(window, { at: 1_000, kind: 'plain' });
    expect(totals(window)).toEqual({ calls: 2, failures: 1, slow: 0, waited: 0 });
    window.advance(5_900);
    expect(window.calls).toBe(2);
    window.advance(6_000);
    expect(window.calls).toBe(0);
  });
});

describe('replay', () => {
  it('tells of each bucket that holds calls, oldest first', () => {
    const window = createWindow({ windowMs: 1_000, windowCalls: undefined });
    for (const kind of ['plain', 'failed'] as const) add(window, { at: 5_150, kind });
    add(window, { at: 5_420, kind: 'waited' });
    add(window, { at: 5_420, kind: 'slow failed' });
    const told: unknown[] = [];
    window.replay((at, tally) => void told.push([at, tally]));
    expect(told).toEqual([
      [5_100, { calls: 2, failures: 1, slow: 0, waited: 0 }],
      [5_400, { calls: 1, failures: 1, slow: 2, waited: 1 }],
    ]);
  });
});

describe('a window over calls', () => {
  it('holds the last calls and no other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(kinds, { maxLength: 120, size: 'max' }),
        (windowCalls, calls) => {
          const window = createWindow({ windowMs: 1_000, windowCalls });
          const noted: Noted[] = [];
          for (const kind of calls) {
            noted.push({ at: noted.length, kind });
            add(window, noted.at(-1)!);
            expect(totals(window)).toEqual(brute(noted.slice(-windowCalls)));
          }
        },
      ),
    );
  });

  it('takes no more room than its calls', () => {
    const window = createWindow({ windowMs: 1_000, windowCalls: Number.MAX_SAFE_INTEGER });
    for (let i = 0; i < 100; i++) window.add(i % 2 === 0, false);
    expect(totals(window)).toEqual({ calls: 100, failures: 50, slow: 0, waited: 0 });
  });
});

describe('rebuiltWindow', () => {
  it('keeps the calls that the new window reaches, whatever the kinds of the two', () => {
    const reach = fc.record({
      windowMs: fc.constantFrom(100, 1_000, 5_000),
      windowCalls: fc.constantFrom(undefined, 3, 50),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(150), kinds), { maxLength: 30, size: 'max' }),
        reach,
        reach,
        (calls, from, to) => {
          const old = createWindow(from);
          let at = 0;
          for (const [gap, kind] of calls) {
            at += gap;
            add(old, { at, kind });
          }
          const window = rebuiltWindow(old, to, at);
          const held = totals(old);
          expect(window.calls).toBeLessThanOrEqual(held.calls);
          expect(window.slow).toBeLessThanOrEqual(held.slow);
          const isWide = to.windowCalls === undefined ? to.windowMs >= 5_000 : to.windowCalls === 50;
          if (isWide && (from.windowCalls !== undefined || from.windowMs < 5_000)) expect(totals(window)).toEqual(held);
        },
      ),
    );
  });

  it('brings back nothing that the old window would have forgotten by now', () => {
    const old = createWindow({ windowMs: 1_000, windowCalls: undefined });
    add(old, { at: 0, kind: 'failed' });
    expect(totals(rebuiltWindow(old, { windowMs: 10_000, windowCalls: undefined }, 2_000))).toEqual(brute([]));
  });

  it.each<Noted['kind'][]>([['failed', 'waited', 'plain'], ['waited'], ['plain']])(
    'keeps %s as they are',
    (...kinds) => {
      const old = createWindow({ windowMs: 1_000, windowCalls: undefined });
      const calls = kinds.map((kind) => ({ at: 0, kind }));
      for (const call of calls) add(old, call);
      expect(totals(rebuiltWindow(old, { windowMs: 5_000, windowCalls: undefined }, 0))).toEqual(brute(calls));
      const told: unknown[] = [];
      old.replay((_, tally) => void told.push(tally));
      expect(told).toEqual([brute(calls)]);
    },
  );

  it('drops what is too old for it', () => {
    const old = createWindow({ windowMs: 10_000, windowCalls: undefined });
    add(old, { at: 0, kind: 'failed' });
    add(old, { at: 5_000, kind: 'slow' });
    expect(totals(rebuiltWindow(old, { windowMs: 1_000, windowCalls: undefined }, 5_000))).toEqual(
      brute([{ at: 5_000, kind: 'slow' }]),
    );
  });
});
