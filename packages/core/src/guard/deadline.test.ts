import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../exchange.ts';
import { Deadline } from './deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(upload: () => Exchange['upload']) {
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
  const deadline = new Deadline(exchange, 100, events);
  return { deadline, events, uploaded: () => uploaded() };
}

describe('Deadline', () => {
  it('expires once the time is over', () => {
    const { events } = start(() => 'whole');
    vi.advanceTimersByTime(99);
    expect(events.expired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(events.expired).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
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

  it('leaves no timer when it is disarmed, even if the body is whole only then', () => {
    const { deadline, uploaded } = start(() => 10);
    vi.advanceTimersByTime(100);
    deadline.disarm();
    uploaded();
    expect(vi.getTimerCount()).toBe(0);
  });
});
