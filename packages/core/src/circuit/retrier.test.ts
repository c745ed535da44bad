import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitOpenError, DeadlineError, OptionsError } from '../errors.ts';
import { Circuit } from './circuit.ts';
import type { CircuitOptions } from './circuit-options.ts';

const down = () => new Error('upstream is down');

/** Waits are as long as they may be: `random` is the most. */
function circuitWith(options: CircuitOptions) {
  const clock = { now: () => Date.now(), wall: () => Date.now() };
  return new Circuit('a', { failureThreshold: false, failureRateThreshold: false, clock, random: () => 1, ...options });
}

/** Fails so often, and then answers; notes when it was called. */
function failing(times: number, error: () => unknown = down) {
  const calls: number[] = [];
  const fn = async () => {
    calls.push(Date.now());
    if (calls.length <= times) throw error();
    return 'answer';
  };
  return { fn, calls };
}

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** Lets time pass until the promise has settled. */
async function settled<T>(promise: Promise<T>): Promise<T | { readonly threw: unknown }> {
  let isOver = false;
  const result = promise.then(
    (value) => value,
    (threw: unknown) => ({ threw }),
  );
  void result.then(() => {
    isOver = true;
  });
  for (let ms = 0; !isOver && ms < 200_000; ms += 50) await vi.advanceTimersByTimeAsync(50);
  return result;
}

describe('Circuit with `retry`', () => {
  it('tries again, after waits that double, and counts every try', async () => {
    const circuit = circuitWith({ retry: { retries: 3, baseMs: 100 } });
    const { fn, calls } = failing(3);
    expect(await settled(circuit.run(fn))).toBe('answer');
    expect(calls).toEqual([0, 100, 300, 700]);
    expect(circuit.metrics().calls).toMatchObject({ success: 1, failure: 3 });
  });

  it('throws what it failed with last, when the tries are used up', async () => {
    const circuit = circuitWith({ retry: { retries: 1, baseMs: 100 } });
    let n = 0;
    const { fn } = failing(9, () => new Error(`failure ${++n}`));
    expect(await settled(circuit.run(fn))).toEqual({ threw: new Error('failure 2') });
  });

  it('waits at random from nothing up to the limit', async () => {
    const circuit = circuitWith({ retry: { baseMs: 100, maxMs: 150 }, random: () => 0.5 });
    const { fn, calls } = failing(2);
    await settled(circuit.run(fn));
    expect(calls).toEqual([0, 50, 125]);
  });

  it('waits at least for as long as the upstream asks', async () => {
    const limited = () => Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': '2' } });
    const circuit = circuitWith({ retry: { baseMs: 100 } });
    const { fn, calls } = failing(1, limited);
    expect(await settled(circuit.run(fn))).toBe('answer');
    expect(calls).toEqual([0, 2100]);
  });

  it.each([
    ['a 4xx', () => Object.assign(new Error('bad'), { status: 400 })],
    ['a 429 that does not say when', () => Object.assign(new Error('quota'), { status: 429 })],
  ])('does not try again after %s', async (_, error) => {
    const { fn, calls } = failing(1, error);
    await settled(circuitWith({ retry: {} }).run(fn));
    expect(calls).toHaveLength(1);
  });

  it('has one deadline over all tries', async () => {
    const circuit = circuitWith({ timeoutMs: 1_000, retry: { retries: 5, baseMs: 100 } });
    let tries = 0;
    const result = await settled(
      circuit.run(async ({ signal }) => {
        if (++tries === 1) {
          await new Promise((resolve) => setTimeout(resolve, 700));
          throw down();
        }
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }),
    );
    expect(result).toEqual({ threw: expect.any(DeadlineError) });
    expect(tries).toBe(2);
    expect(Date.now()).toBe(1_000);
  });

  it('does not begin to wait for what comes after the deadline', async () => {
    const circuit = circuitWith({ timeoutMs: 1_000, retry: { baseMs: 2_000 } });
    const { fn } = failing(1);
    expect(await settled(circuit.run(fn))).toEqual({ threw: down() });
    expect(Date.now()).toBeLessThan(1_000);
  });

  it('stops when the circuit has opened, and throws the failure and not the refusal', async () => {
    const circuit = circuitWith({ failureThreshold: 2, retry: { retries: 5, baseMs: 10 } });
    const { fn, calls } = failing(9);
    expect(await settled(circuit.run(fn))).toEqual({ threw: down() });
    expect(calls).toHaveLength(2);
    expect(circuit.metrics().calls).toMatchObject({ failure: 2, refused: 0 });
    expect(await settled(circuit.run(fn))).toEqual({ threw: expect.any(CircuitOpenError) });
  });

  it('does not use the probes of a half-open circuit up', async () => {
    const circuit = circuitWith({
      failureThreshold: 1,
      resetTimeoutMs: 1_000,
      halfOpenFailureTolerance: 5,
      jitter: 0,
      retry: { retries: 5, baseMs: 10 },
    });
    const { fn, calls } = failing(9);
    await settled(circuit.run(fn));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(circuit.state).toBe('half_open');
    await settled(circuit.run(fn));
    expect(calls).toHaveLength(2);
  });

  it('adds no more than a tenth of the calls in an outage, and ten', async () => {
    const circuit = circuitWith({ retry: { retries: 3, baseMs: 1 } });
    const { fn, calls } = failing(Number.POSITIVE_INFINITY);
    for (let n = 0; n < 500; n++) await settled(circuit.run(fn));
    expect(calls.length).toBeLessThanOrEqual(500 + 50 + 10);
    expect(calls.length).toBeGreaterThanOrEqual(500 + 50);
  });

  it('stops waiting when the caller leaves', async () => {
    const circuit = circuitWith({ retry: { baseMs: 60_000 } });
    const controller = new AbortController();
    const { fn, calls } = failing(1);
    const result = settled(circuit.run(fn, { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(100);
    controller.abort();
    expect(await result).toEqual({ threw: down() });
    expect(calls).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks `when`, and takes what it throws for a no', async () => {
    const asked = vi.fn(() => {
      throw new Error('of the user');
    });
    const circuit = circuitWith({ retry: { when: asked } });
    const failed = vi.fn();
    circuit.events.on('option_failed', failed);
    const { fn, calls } = failing(1);
    expect(await settled(circuit.run(fn))).toEqual({ threw: down() });
    expect(asked).toHaveBeenCalledOnce();
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ option: 'retry.when' }));
    expect(calls).toHaveLength(1);
  });

  it('tries no more once the deadline is over, however late the timer of the wait is', async () => {
    let late = 0;
    const clock = { now: () => Date.now() + late, wall: () => Date.now() };
    const circuit = circuitWith({ timeoutMs: 1_000, retry: { baseMs: 100 }, clock });
    const { fn, calls } = failing(1);
    const result = circuit.run(fn).catch((threw: unknown) => threw);
    await vi.advanceTimersByTimeAsync(50);
    late = 2_000;
    await vi.advanceTimersByTimeAsync(50);
    expect(await result).toEqual(down());
    expect(calls).toHaveLength(1);
  });

  it.each([90, 86_400 * 365])('does not wait for %i s without a deadline', async (seconds) => {
    const limited = () => Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': seconds } });
    const { fn, calls } = failing(1, limited);
    expect(await settled(circuitWith({ retry: {} }).run(fn))).toEqual({ threw: limited() });
    expect(calls).toHaveLength(1);
    expect(Date.now()).toBeLessThan(1_000);
  });

  it('asks the classifier once for each try, and tries again what that counts as a failure', async () => {
    const classify = vi.fn(() => 'failure' as const);
    const { fn, calls } = failing(1, () => Object.assign(new Error('bad'), { status: 400 }));
    expect(await settled(circuitWith({ retry: {}, classify }).run(fn))).toBe('answer');
    expect(calls).toHaveLength(2);
    expect(classify).toHaveBeenCalledTimes(1);
  });

  it('leaves to an inner circuit what that has counted, whoever else is busy', async () => {
    const inner = circuitWith({});
    const outer = circuitWith({ retry: {} });
    for (const others of [0, 1]) {
      if (others > 0) circuitWith({}).admit();
      const { fn, calls } = failing(1);
      expect(await settled(outer.run(() => inner.run(fn)))).toEqual({ threw: down() });
      expect(calls).toHaveLength(1);
    }
  });

  it('refuses bad options', () => {
    expect(() => circuitWith({ retry: { retries: 0 } })).toThrow(OptionsError);
    expect(() => circuitWith({ retry: { attempts: 3 } as never })).toThrow('`retry` has no option `attempts`');
  });
});
