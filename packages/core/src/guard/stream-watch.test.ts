import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../exchange.ts';
import { StreamWatch } from './stream-watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const clock = { now: () => Date.now(), wall: () => Date.now() };
function start(idleMs: number, totalMs: number, blocked: () => boolean = () => false) {
  const expire = vi.fn();
  const exchange = {
    get blocked() {
      return blocked();
    },
  } as Exchange;
  return { expire, watch: new StreamWatch(exchange, clock, idleMs, totalMs, expire) };
}

describe('StreamWatch', () => {
  it('notices silence, counted from the last chunk', () => {
    const { watch, expire } = start(100, 0);
    for (let chunk = 0; chunk < 10; chunk++) {
      vi.advanceTimersByTime(60);
      watch.flowed();
    }
    vi.advanceTimersByTime(99);
    expect(expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(expire.mock.calls).toEqual([['idleMs']]);
  });

  it('ends a stream that goes on for too long', () => {
    const { watch, expire } = start(100, 250);
    for (let chunk = 0; chunk < 4; chunk++) {
      vi.advanceTimersByTime(60);
      watch.flowed();
    }
    expect(expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10);
    expect(expire.mock.calls).toEqual([['totalMs']]);
  });

  it('does not take a slow reader for a silent handler', () => {
    let blocked = true;
    const { expire } = start(100, 0, () => blocked);
    vi.advanceTimersByTime(1_000);
    expect(expire).not.toHaveBeenCalled();
    blocked = false;
    vi.advanceTimersByTime(100);
    expect(expire).toHaveBeenCalledOnce();
  });

  it('has one timer, and none when it is disarmed', () => {
    const { watch } = start(100, 1_000);
    for (let chunk = 0; chunk < 10; chunk++) watch.flowed();
    expect(vi.getTimerCount()).toBe(1);
    watch.disarm();
    expect(vi.getTimerCount()).toBe(0);
  });
});
