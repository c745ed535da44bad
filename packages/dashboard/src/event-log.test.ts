import { describe, expect, it } from 'vitest';
import { EventLog } from './event-log.ts';

const event = (circuit: string, kind = 'tripped') => ({ at: 0, circuit, kind, text: '' });

describe('EventLog', () => {
  it('keeps the last 100 of a circuit, and tells the newest first', () => {
    const log = new EventLog(7);
    for (let n = 0; n < 250; n++) log.add(event('a'));
    log.add(event('b'));
    expect(log.of('a').map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => 257 - index));
    expect(log.of('b').map(({ id }) => id)).toEqual([258]);
    expect(log.since(255).map(({ id }) => id)).toEqual([256, 257, 258]);
    expect(log.since(258)).toEqual([]);
    expect(log.since(Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(log.since(0)).toHaveLength(101);
  });

  it('keeps 10,000 of all, the newest', () => {
    const log = new EventLog(0);
    for (let n = 1; n <= 30_000; n++) log.add(event(`c${n % 1_000}`));
    expect(log.since(0)).toHaveLength(10_000);
    expect(log.since(0)[0]!.id).toBe(20_001);
    expect(log.of('c1').map(({ id }) => id)).toEqual([
      29_001, 28_001, 27_001, 26_001, 25_001, 24_001, 23_001, 22_001, 21_001, 20_001,
    ]);
  });

  it('forgets a circuit that has gone', () => {
    const log = new EventLog(0);
    log.add(event('a'));
    log.add(event('b'));
    log.forget('a');
    log.forget('never');
    expect([log.of('a'), log.since(0).map(({ circuit }) => circuit)]).toEqual([[], ['b']]);
  });

  it('finds the last of a kind', () => {
    const log = new EventLog(0);
    log.add(event('a', 'alert'));
    log.add(event('a', 'reset'));
    expect([log.lastOf('a', 'alert')?.id, log.lastOf('a', 'closed'), log.lastOf('b', 'alert')]).toEqual([
      1,
      undefined,
      undefined,
    ]);
  });
});
