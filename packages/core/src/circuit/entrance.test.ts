import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OptionsError, OverloadedError, RateLimitedError } from '../errors.ts';
import { Circuit } from './circuit.ts';
import type { CircuitOptions } from './circuit-options.ts';

const clock = { now: () => Date.now(), wall: () => Date.now() };
const circuitWith = (options: CircuitOptions) => new Circuit('a', { clock, ...options });

/** A call that is under way until it is let go. */
function held() {
  let release!: (error?: Error) => void;
  const over = new Promise<string>((resolve, reject) => {
    release = (error) => (error ? reject(error) : resolve('answer'));
  });
  return { fn: () => over, release };
}

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe('Circuit with `maxQueued`', () => {
  it('lets calls wait for room, first come, first served', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 2 });
    const first = held();
    const order: number[] = [];
    const running = circuit.run(first.fn);
    const waiting = [1, 2].map((n) =>
      circuit.run(async () => {
        order.push(n);
      }),
    );
    await vi.advanceTimersByTimeAsync(500);
    expect(order).toEqual([]);
    first.release();
    await Promise.all([running, ...waiting]);
    expect(order).toEqual([1, 2]);
    expect(circuit.metrics()).toMatchObject({ inFlight: 0, calls: { success: 3, refused: 0 } });
  });

  it('refuses what the line has no room for, and what has waited for too long', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 1, maxWaitMs: 200 });
    const first = held();
    const running = circuit.run(first.fn);
    const waiting = circuit.run(() => 1).catch((error: unknown) => error);
    await expect(circuit.run(() => 2)).rejects.toThrow(OverloadedError);
    await vi.advanceTimersByTimeAsync(200);
    expect(await waiting).toBeInstanceOf(OverloadedError);
    first.release();
    await running;
    expect(circuit.metrics().calls).toMatchObject({ success: 1, refused: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets nobody overtake who waits', async () => {
    const circuit = circuitWith({ maxConcurrent: 2, maxQueued: 5 });
    const calls = [held(), held()];
    const running = calls.map(({ fn }) => circuit.run(fn));
    const order: string[] = [];
    const waiting = circuit.run(() => order.push('waiting'));
    calls[0]!.release();
    const newcomer = circuit.run(() => order.push('newcomer'));
    calls[1]!.release();
    await Promise.all([...running, waiting, newcomer]);
    expect(order).toEqual(['waiting', 'newcomer']);
  });

  it('refuses those who wait as soon as it opens', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 5, failureThreshold: 1 });
    const first = held();
    const running = circuit.run(first.fn).catch(() => {});
    const waiting = [1, 2].map((n) => circuit.run(() => n).catch((error: Error) => error.name));
    first.release(new Error('down'));
    expect(await Promise.all(waiting)).toEqual(['CircuitOpenError', 'CircuitOpenError']);
    await running;
  });

  it.each<[string, (circuit: Circuit) => void, unknown]>([
    ['is forced open', (circuit) => circuit.forceOpen(), 'CircuitOpenError'],
    ['is disabled', (circuit) => circuit.disable(), 'value'],
    ['is given more room', (circuit) => circuit.update({ maxConcurrent: 2 }), 'value'],
  ])('asks those who wait again when it %s', async (_, change, expected) => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 5 });
    void circuit.run(held().fn);
    const waiting = circuit.run(() => 'value').catch((error: Error) => error.name);
    change(circuit);
    expect(await waiting).toBe(expected);
  });

  it('forgets a caller who leaves while it waits', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 1 });
    const first = held();
    const running = circuit.run(first.fn);
    const controller = new AbortController();
    const waiting = circuit.run(() => 1, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort();
    expect(await waiting).toBe(controller.signal.reason);
    const next = circuit.run(() => 2);
    first.release();
    expect(await next).toBe(2);
    await running;
    expect(circuit.metrics().calls).toMatchObject({ success: 2, refused: 0, ignored: 0 });
  });

  it('moves on when what it waits for was leaked', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 5, maxWaitMs: 1_000, probeLeaseMs: 2_000 });
    circuit.admit();
    await vi.advanceTimersByTimeAsync(1_500);
    const first = circuit.run(() => 1);
    await vi.advanceTimersByTimeAsync(600);
    const second = circuit.run(() => 2);
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  it('asks once for each who waits, though a listener comes in between', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 5 });
    circuit.admit();
    const waiting = [1, 2, 3].map((n) => circuit.run(() => n).catch((error: Error) => error.name));
    circuit.events.on('refused', () => circuit.update({ maxWaitMs: 500 }));
    circuit.forceOpen();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['CircuitOpenError']));
    expect(circuit.metrics().calls.refused).toBe(3);
  });

  it('begins no call whose caller has left by the time that a slow limiter has answered', async () => {
    let answer!: (waitMs: number) => void;
    const take = () => new Promise<number>((resolve) => (answer = resolve));
    const circuit = circuitWith({ rateLimit: { take } });
    const controller = new AbortController();
    const fn = vi.fn();
    const result = circuit.run(fn, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort();
    answer(0);
    expect(await result).toBe(controller.signal.reason);
    expect(fn).not.toHaveBeenCalled();
    expect(circuit.metrics()).toMatchObject({ inFlight: 0, calls: { success: 0, ignored: 0 } });
  });

  it('has the time in line counted towards the deadline', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 2, maxWaitMs: 10_000 });
    const first = held();
    const running = circuit.run(first.fn);
    const hung = circuit.run(() => new Promise(() => {}), { timeoutMs: 1_000 }).catch((error: Error) => error.name);
    await vi.advanceTimersByTimeAsync(600);
    first.release();
    await running;
    await vi.advanceTimersByTimeAsync(400);
    expect(circuit.inFlight).toBe(0);
    expect(await hung).toBe('DeadlineError');
    void circuit.run(held().fn);
    const late = circuit.run(() => 1, { timeoutMs: 1_000 }).catch((error: Error) => error.name);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await late).toBe('OverloadedError');
  });

  it('waits for nobody who has left before, nor longer than a timer can', async () => {
    const circuit = circuitWith({ maxConcurrent: 1, maxQueued: 2, maxWaitMs: 1e12 });
    const first = circuit.admit();
    expect(await circuit.enter({ signal: AbortSignal.abort() })).toBeUndefined();
    const waiting = circuit.run(() => 1);
    await vi.advanceTimersByTimeAsync(10_000);
    if (first.admitted) first.success(1);
    expect(await waiting).toBe(1);
  });

  it('refuses contradictions', () => {
    expect(() => circuitWith({ maxQueued: 1 })).toThrow('`maxQueued` requires `maxConcurrent`.');
    expect(() => circuitWith({ maxConcurrent: 1, maxWaitMs: 5 })).toThrow('`maxWaitMs` requires `maxQueued`.');
  });
});

describe('Circuit with `rateLimit`', () => {
  it('refuses what is beyond the requests of a minute, and says when there is room', async () => {
    const circuit = circuitWith({ rateLimit: { requestsPerMinute: 2 } });
    await circuit.run(() => 1);
    await circuit.run(() => 2);
    const error = await circuit.run(() => 3).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({
      status: 429,
      reason: 'rate_limited',
      retryAfterMs: 30_000,
      headers: { 'Retry-After': '30' },
    });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await circuit.run(() => 4)).toBe(4);
    expect(circuit.metrics()).toMatchObject({ inFlight: 0, calls: { success: 3, refused: 1, ignored: 0 } });
  });

  it('counts tokens, and takes nothing for what it refuses', async () => {
    const circuit = circuitWith({ rateLimit: { requestsPerMinute: 3, tokensPerMinute: 1_000 } });
    await circuit.run(() => 1, { tokens: 900 });
    await expect(circuit.run(() => 2, { tokens: 400 })).rejects.toMatchObject({ retryAfterMs: 18_000 });
    expect(await circuit.run(() => 3, { tokens: 100 })).toBe(3);
    expect(await circuit.run(() => 4)).toBe(4);
    await expect(circuit.run(() => 5)).rejects.toThrow(RateLimitedError);
  });

  it('lets a call that costs more than a minute has pass when that is whole', async () => {
    const circuit = circuitWith({ rateLimit: { tokensPerMinute: 600 } });
    expect(await circuit.run(() => 1, { tokens: 1_200 })).toBe(1);
    await expect(circuit.run(() => 2, { tokens: 1_200 })).rejects.toMatchObject({ retryAfterMs: 120_000 });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await circuit.run(() => 3, { tokens: 1_200 })).toBe(3);
  });

  it('takes nothing while it is open, and uses no probe up', async () => {
    const circuit = circuitWith({
      rateLimit: { requestsPerMinute: 1 },
      failureThreshold: 1,
      resetTimeoutMs: 1_000,
      jitter: 0,
    });
    await circuit.run(() => Promise.reject(new Error('down'))).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(circuit.run(() => 1)).rejects.toThrow(RateLimitedError);
    expect(circuit.state).toBe('half_open');
    expect(circuit.inFlight).toBe(0);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1_000, '900' as never])(
    'takes %s tokens for none',
    async (tokens) => {
      const circuit = circuitWith({ rateLimit: { tokensPerMinute: 600 } });
      const failed = vi.fn();
      circuit.events.on('option_failed', failed);
      expect(await circuit.run(() => 1, { tokens })).toBe(1);
      expect(await circuit.run(() => 2, { tokens: 600 })).toBe(2);
      await expect(circuit.run(() => 3, { tokens: 300 })).rejects.toMatchObject({ retryAfterMs: 30_000 });
      expect(failed).not.toHaveBeenCalled();
    },
  );

  it('waits for a limiter that answers later', async () => {
    const take = vi.fn(async (tokens: number) => (tokens > 5 ? 2_000 : 0));
    const circuit = circuitWith({ rateLimit: { take } });
    expect(await circuit.run(() => 1, { tokens: 5 })).toBe(1);
    await expect(circuit.run(() => 2, { tokens: 6 })).rejects.toMatchObject({ retryAfterMs: 2_000 });
    expect(circuit.inFlight).toBe(0);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the user');
      },
    ],
    ['rejects', () => Promise.reject(new Error('of the user'))],
    ['never answers', () => new Promise(() => {})],
    ['answers rubbish', () => 'soon'],
    ['answers no number', () => Number.NaN],
  ])('goes on without a limiter that %s, and tells of it', async (_, take) => {
    const circuit = circuitWith({ rateLimit: { take: take as () => number } });
    const failed = vi.fn();
    circuit.events.on('option_failed', failed);
    const result = circuit.run(() => 1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await result).toBe(1);
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ option: 'rateLimit' }));
  });

  it('is not asked in shadow mode', async () => {
    const circuit = circuitWith({ rateLimit: { requestsPerMinute: 1 }, mode: 'shadow' });
    for (let n = 0; n < 3; n++) expect(await circuit.run(() => n)).toBe(n);
  });

  it.each([{}, { requestsPerMinute: 0 }, { requests: 5 }, { tokensPerMinute: Number.POSITIVE_INFINITY }, 5])(
    'refuses %o',
    (rateLimit) => {
      expect(() => circuitWith({ rateLimit: rateLimit as never })).toThrow(OptionsError);
    },
  );
});
