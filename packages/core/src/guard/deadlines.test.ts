import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../exchange.ts';
import { Deadlines } from './deadlines.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(upload: () => Exchange['upload'], deadlines = new Deadlines(100)) {
  const events = { expired: vi.fn(), stalled: vi.fn() };
  let uploaded = () => {};
  const exchange = {
    get upload() {
      return upload();
    },
    whenUploaded(then: () => void) {
      uploaded = then;
    },
  } as Exchange;
  const deadline = deadlines.arm(exchange, events);
  return { disarm: () => deadlines.disarm(deadline), events, uploaded: () => uploaded() };
}

describe('Deadlines', () => {
  it('expires once the time is over, and leaves no timer', () => {
    const { events } = start(() => 'whole');
    vi.advanceTimersByTime(99);
    expect(events.expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(events.expired).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets the timers of handlers go first that were due before a deadline, however late all of them fire', async () => {
    vi.useRealTimers();
    const deadlines = new Deadlines(30);
    const order: string[] = [];
    const first = start(() => 'whole', deadlines);
    first.events.expired.mockImplementation(() => order.push('first'));
    await new Promise((resolve) => setTimeout(resolve, 15));
    const second = start(() => 'whole', deadlines);
    second.events.expired.mockImplementation(() => order.push('second'));
    const answered = new Promise<void>((resolve) =>
      setTimeout(() => {
        second.disarm();
        order.push('answered');
        resolve();
      }, 20),
    );
    // the loop is held up until all of them are due
    for (const began = performance.now(); performance.now() - began < 100; );
    await answered;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(order).toEqual(['first', 'answered']);
  });

  it('makes one timer for all, which lapses once none is left', () => {
    const deadlines = new Deadlines(30_000);
    for (let at = 0; at < 10; at++) start(() => 'whole', deadlines).disarm();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(30_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends each in its own time, however many there are and whichever are disarmed', () => {
    const deadlines = new Deadlines(100);
    const expired: number[] = [];
    const began = performance.now();
    const started = Array.from({ length: 30 }, (_, at) => {
      const one = start(() => 'whole', deadlines);
      one.events.expired.mockImplementation(() => {
        expired.push(at);
        expect(performance.now() - began - 7 * at).toBe(100);
      });
      vi.advanceTimersByTime(7);
      return one;
    });
    for (const at of [20, 29, 25, 24]) started[at]!.disarm();
    vi.advanceTimersByTime(200);
    expect(expired).toEqual(started.map((_, at) => at).filter((at) => ![20, 24, 25, 29].includes(at)));
  });

  it('goes on with the others when one throws', () => {
    const deadlines = new Deadlines(100);
    const bad = start(() => 'whole', deadlines);
    const good = start(() => 'whole', deadlines);
    bad.events.expired.mockImplementation(() => {
      throw new Error('bad');
    });
    expect(() => vi.advanceTimersByTime(110)).toThrow('bad');
    vi.advanceTimersByTime(10);
    expect(bad.events.expired).toHaveBeenCalledOnce();
    expect(good.events.expired).toHaveBeenCalledOnce();
  });

  it('ends in the asynchronous context of its request', () => {
    const user = new AsyncLocalStorage<string>();
    const deadlines = new Deadlines(100);
    const seen = ['ada', 'bob'].map((name) => {
      const { events } = user.run(name, () => start(() => 'whole', deadlines));
      return vi.mocked(events.expired).mockImplementation(() => user.getStore());
    });
    vi.advanceTimersByTime(110);
    expect(seen.map((expired) => expired.mock.results[0]?.value)).toEqual(['ada', 'bob']);
  });

  it('sets its timer in the context of none of its requests, which it would keep', () => {
    const user = new AsyncLocalStorage<string>();
    const deadlines = new Deadlines(100);
    const contexts: unknown[] = [];
    const { setTimeout } = globalThis;
    const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((...args: Parameters<typeof setTimeout>) => {
      contexts.push(user.getStore());
      return setTimeout(...args);
    }) as typeof setTimeout);
    user.run('ada', () => start(() => 'whole', deadlines));
    vi.advanceTimersByTime(50);
    user.run('bob', () => start(() => 'whole', deadlines));
    user.run('cy', () => vi.advanceTimersByTime(60));
    spy.mockRestore();
    expect(contexts).toEqual([undefined, undefined]);
  });

  it('waits while the body of the request arrives, and starts anew when it is whole', () => {
    let bytes: number | 'whole' = 10;
    const { events, uploaded } = start(() => bytes);
    for (let at = 0; at < 5; at++) {
      vi.advanceTimersByTime(100);
      bytes += 10;
    }
    vi.advanceTimersByTime(60);
    bytes = 'whole' as never;
    uploaded();
    vi.advanceTimersByTime(99);
    expect(events.expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(events.expired).toHaveBeenCalledOnce();
    expect(events.stalled).not.toHaveBeenCalled();
  });

  it('tells of a body that has stopped arriving', () => {
    const { events } = start(() => 10);
    vi.advanceTimersByTime(200);
    expect(events.stalled).toHaveBeenCalledOnce();
    expect(events.expired).not.toHaveBeenCalled();
  });

  it('expires on a handler that does not take the body that has come', () => {
    const { events } = start(() => 'unread');
    vi.advanceTimersByTime(100);
    expect(events.expired).toHaveBeenCalledOnce();
  });

  it('is over when it is disarmed, even if the body is whole only then', () => {
    const { disarm, events, uploaded } = start(() => 10);
    vi.advanceTimersByTime(150);
    disarm();
    uploaded();
    vi.advanceTimersByTime(300);
    expect(events.expired).not.toHaveBeenCalled();
    expect(events.stalled).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
