import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { CircuitOpenError, DeadlineError, OverloadedError } from '../errors.ts';
import { Events } from '../events.ts';
import { ownerOf } from './attribution.ts';
import { Circuit } from './circuit.ts';
import type { CircuitOptions } from './circuit-options.ts';

function setUp(options: CircuitOptions = {}) {
  const time = { now: 0 };
  const events = new Events();
  const clock = { now: () => time.now, wall: () => 0 };
  const circuit = new Circuit('c', { jitter: 0, clock, ...options }, events);
  /** A function that takes so long. */
  const takes = (ms: number) => async () => {
    time.now += ms;
  };
  return { circuit, events, time, takes, calls: () => circuit.metrics().calls };
}

const zero = { success: 0, failure: 0, ignored: 0, refused: 0, slow: 0, late: 0 };
const boom = () => Object.assign(new Error('boom'));
const status = (value: number) => Object.assign(new Error(`${value}`), { status: value });
const nothing = () => undefined;

/** A promise and the means to settle it. */
function deferred<T>() {
  let resolve: (value: T) => void = nothing;
  let reject: (error: unknown) => void = nothing;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const unhandled = vi.fn<(error: unknown) => void>();
beforeEach(() => void process.on('unhandledRejection', unhandled));
afterEach(async () => {
  vi.useRealTimers();
  // Rejections are found to be unhandled once the microtasks are done.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

/** The first call of a circuit and the later ones take different ways through the code: each case is tried on both. */
describe.each([
  ['at once', 0],
  ['when warm', 2_000],
])('Circuit.run, %s', (_, warm) => {
  async function warmedUp(options: CircuitOptions = {}) {
    const set = setUp(options);
    for (let i = 0; i < warm; i++) await set.circuit.run(() => i);
    return { ...set, calls: () => ({ ...set.calls(), success: set.calls().success - warm }) };
  }

  it('passes on what the function returns, promise or not', async () => {
    const { circuit, calls } = await warmedUp();
    const value = {};
    expect(await circuit.run(() => value)).toBe(value);
    expect(await circuit.run(async () => value)).toBe(value);
    expect(await circuit.run(nothing)).toBeUndefined();
    expect(calls()).toEqual({ ...zero, success: 3 });
    expect(circuit.metrics().inFlight).toBe(0);
  });

  it('passes on what the function throws, at once or later', async () => {
    const { circuit, calls } = await warmedUp();
    const error = boom();
    const thrown = circuit.run(() => {
      throw error;
    });
    await expect(thrown).rejects.toBe(error);
    await expect(circuit.run(async () => Promise.reject(error))).rejects.toBe(error);
    await expect(circuit.run(() => Promise.reject('text'))).rejects.toBe('text');
    expect(calls()).toEqual({ ...zero, failure: 3 });
    expect(circuit.metrics().inFlight).toBe(0);
  });

  it('calls the `then` of a promise of another kind once', async () => {
    const { circuit, calls } = await warmedUp();
    let asked = 0;
    class Parsing<T> extends Promise<T> {
      // biome-ignore lint/suspicious/noThenProperty: the SDKs' promises have one of their own.
      override then<A, B>(
        yes?: ((value: T) => A | PromiseLike<A>) | null,
        no?: ((error: unknown) => B | PromiseLike<B>) | null,
      ) {
        asked++;
        return super.then(yes, no);
      }
    }
    expect(await circuit.run(() => Parsing.resolve(1))).toBe(1);
    expect(asked).toBe(1);
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: this is what is tested.
      get then(): never {
        throw boom();
      },
    };
    await expect(circuit.run(() => thenable as PromiseLike<never>)).rejects.toThrow('boom');
    expect(calls()).toEqual({ ...zero, success: 1, failure: 1 });
  });

  it('trips after five failures, though they are one and the same error', async () => {
    const { circuit } = await warmedUp();
    const error = boom();
    for (let i = 0; i < 5; i++) await expect(circuit.run(() => Promise.reject(error))).rejects.toBe(error);
    expect(circuit.state).toBe('open');
    const refusal = await circuit.run(nothing).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect(refusal).toMatchObject({ circuit: 'c', retryAfterMs: 30_000, status: 503, forced: false });
  });

  it('ignores 4xx and counts 5xx and 408', async () => {
    const { circuit, calls } = await warmedUp();
    for (const value of [400, 404, 429, 408, 500, 503])
      await expect(circuit.run(() => Promise.reject(status(value)))).rejects.toThrow(`${value}`);
    expect(calls()).toEqual({ ...zero, failure: 3, ignored: 3 });
  });

  it('counts a result from before a reset as late', async () => {
    const { circuit, calls } = await warmedUp();
    const [ok, bad] = [deferred<number>(), deferred<number>()];
    const running = [circuit.run(() => ok.promise), circuit.run(() => bad.promise)];
    circuit.reset();
    ok.resolve(1);
    bad.reject(boom());
    expect((await Promise.allSettled(running)).map((each) => each.status)).toEqual(['fulfilled', 'rejected']);
    expect(calls()).toEqual({ ...zero, success: 1, failure: 1, late: 2 });
    expect(circuit.metrics().consecutiveFailures).toBe(0);
  });

  it('trips when concurrent calls fail together, once', async () => {
    const { circuit, events, calls } = await warmedUp();
    const tripped = vi.fn();
    events.on('tripped', tripped);
    await Promise.allSettled(Array.from({ length: 50 }, () => circuit.run(() => Promise.reject(boom()))));
    expect(calls()).toEqual({ ...zero, failure: 50, late: 45 });
    expect(tripped).toHaveBeenCalledOnce();
  });

  it('tells a listener how each call ended and how long it took', async () => {
    const { circuit, events, takes } = await warmedUp();
    const settled = vi.fn();
    events.on('settled', settled);
    await circuit.run(takes(25));
    await circuit.run(() => Promise.reject(status(404))).catch(nothing);
    expect(settled.mock.calls).toEqual([
      [{ circuit: 'c', at: 0, verdict: 'success', slow: false, durationMs: 25, late: false }],
      [{ circuit: 'c', at: 0, verdict: 'ignore', slow: false, durationMs: 0, late: false }],
    ]);
  });

  it('counts slow calls from the moment the option says so', async () => {
    const { circuit, takes, calls } = await warmedUp();
    circuit.update({ slowCallMs: 10, failureThreshold: 1 });
    for (let i = 0; i < 3; i++) await circuit.run(takes(10));
    await circuit.run(takes(9));
    expect(calls().slow).toBe(3);
    await circuit.run(() => Promise.reject(boom())).catch(nothing);
    expect(circuit.state).toBe('open');
  });

  it('lengthens the open time by the Retry-After of an error', async () => {
    const { circuit } = await warmedUp({ failureThreshold: 1 });
    const error = Object.assign(status(503), { headers: { 'retry-after': '90' } });
    await expect(circuit.run(() => Promise.reject(error))).rejects.toBe(error);
    expect(circuit.retryAfterMs).toBe(90_000);
  });

  it('keeps the window exact', async () => {
    const { circuit, time } = await warmedUp({
      failureThreshold: false,
      failureRateThreshold: 1,
      windowMs: 1_000,
      minimumCalls: 1,
    });
    time.now += 5_000;
    for (let i = 0; i < 3_003; i++) await circuit.run(nothing);
    time.now += 950;
    for (let i = 0; i < 5; i++) await circuit.run(nothing);
    time.now += 100;
    await circuit.run(() => Promise.reject(boom())).catch(nothing);
    expect(circuit.metrics().failureRate).toBeCloseTo(1 / 6);
  });

  it('has counted no call as slow before the option said what is slow', async () => {
    const { circuit, takes } = await warmedUp({ minimumCalls: 1 });
    for (let i = 0; i < 5; i++) await circuit.run(takes(10));
    circuit.update({ slowCallMs: 10 });
    expect(circuit.metrics().slowRate).toBe(0);
  });

  it('counts nothing that could trip, nor that could close, while disabled', async () => {
    const { circuit, calls } = await warmedUp();
    const before = circuit.metrics().consecutiveSuccesses;
    circuit.disable();
    for (let i = 0; i < 5; i++) await circuit.run(nothing);
    expect(circuit.metrics().consecutiveSuccesses).toBe(before);
    expect(calls().success).toBe(5);
  });

  it('trips by the rate at a success as well', async () => {
    const { circuit, events } = await warmedUp({
      failureThreshold: false,
      failureRateThreshold: 0.5,
      windowMs: 1_000,
      minimumCalls: 4,
    });
    circuit.reset();
    const tripped = vi.fn();
    events.on('tripped', tripped);
    for (let i = 0; i < 2; i++) await circuit.run(() => Promise.reject(boom())).catch(nothing);
    for (let i = 0; i < 2; i++) await circuit.run(nothing);
    expect(tripped).toHaveBeenCalledOnce();
  });

  it('counts a failure in the innermost circuit alone', async () => {
    const [inner, outer] = [await warmedUp(), await warmedUp()];
    for (let i = 0; i < 3; i++) {
      const running = outer.circuit.run(() => inner.circuit.run(() => Promise.reject(boom())));
      await expect(running).rejects.toThrow('boom');
    }
    expect([inner.calls(), outer.calls()]).toEqual([
      { ...zero, failure: 3 },
      { ...zero, ignored: 3 },
    ]);
  });

  it('counts an error that another circuit has seen before, when it comes again', async () => {
    const [a, b] = [await warmedUp(), await warmedUp()];
    const error = boom();
    for (const { circuit } of [a, b, a, b]) await circuit.run(() => Promise.reject(error)).catch(nothing);
    expect([a.calls().failure, b.calls().failure]).toEqual([2, 2]);
  });

  it('obeys changed options, though other calls came before it', async () => {
    const { circuit, calls, takes } = await warmedUp();
    circuit.update({ slowCallMs: 100 });
    for (let i = 0; i < 2; i++) {
      const permit = circuit.admit();
      if (permit.admitted) permit.ignore();
    }
    await circuit.run(takes(100));
    expect(calls()).toEqual({ ...zero, ignored: 2, success: 1, slow: 1 });
  });

  it('refuses what is beyond `maxConcurrent`', async () => {
    const { circuit } = await warmedUp({ maxConcurrent: 2 });
    const hung = deferred<void>();
    const running = [circuit.run(() => hung.promise), circuit.run(() => hung.promise)];
    for (let i = 0; i < 3; i++) await expect(circuit.run(nothing)).rejects.toBeInstanceOf(OverloadedError);
    hung.resolve();
    await Promise.all(running);
  });

  it('tells percentiles of the calls of late', async () => {
    const { circuit, takes } = await warmedUp();
    for (let i = 0; i < 1_000; i++) await circuit.run(takes(10));
    expect(circuit.metrics().latency?.p99).toBe(10);
  });

  it('passes the caller’s signal on, and ends with it', async () => {
    const { circuit, calls } = await warmedUp();
    const caller = new AbortController();
    for (let i = 0; i < 3; i++) {
      const seen = await circuit.run(({ signal }) => signal, { signal: caller.signal });
      expect(seen).toBe(caller.signal);
    }
    caller.abort(boom());
    await expect(circuit.run(nothing, { signal: caller.signal })).rejects.toThrow('boom');
    expect(calls()).toEqual({ ...zero, success: 3 });
  });

  it('gives a signal that never fires, and none that calls share', async () => {
    const { circuit } = await warmedUp();
    const signals = new Set<AbortSignal>();
    for (let i = 0; i < 3; i++) await circuit.run(({ signal }) => void signals.add(signal));
    expect([...signals].map(({ aborted }) => aborted)).toEqual([false, false, false]);
  });
});

describe('Circuit.run, on the process’s clock', () => {
  it('loses no success of dense traffic, and trips as soon as it fails', async () => {
    const circuit = new Circuit('c', { failureRateThreshold: 0.001 });
    for (let i = 0; i < 4_995; i++) await circuit.run(nothing);
    expect(circuit.metrics().consecutiveSuccesses).toBe(4_995);
    for (let i = 0; i < 4; i++) await circuit.run(() => Promise.reject(boom())).catch(nothing);
    const { calls, failureRate, consecutiveSuccesses } = circuit.metrics();
    expect([calls.success, failureRate, consecutiveSuccesses]).toEqual([4_995, 4 / 4_999, 0]);
    await circuit.run(() => Promise.reject(boom())).catch(nothing);
    expect(circuit.state).toBe('open');
  });
});

describe('Circuit.run, on the process’s clock, set by hand', () => {
  function setUpByHand(calls: number) {
    const time = { now: 1_000_000 };
    const now = vi.spyOn(systemClock, 'now').mockImplementation(() => time.now);
    vi.spyOn(systemClock, 'wall').mockImplementation(() => time.now);
    const circuit = new Circuit('c');
    const succeed = async (times: number) => {
      for (let i = 0; i < times; i++) await circuit.run(nothing);
    };
    return { circuit, time, now, succeed, warm: succeed(calls) };
  }
  afterEach(() => void vi.restoreAllMocks());

  it('knows of dense traffic when the last success was, to within eight calls', async () => {
    const { circuit, time, now, succeed, warm } = setUpByHand(3_000);
    await warm;
    now.mockClear();
    await succeed(800);
    expect(now.mock.calls.length).toBeLessThan(400);
    time.now += 10_000;
    await succeed(8);
    expect(circuit.metrics().lastSuccessAt).toBe(time.now);
  });

  it('knows it exactly of other traffic, and while a call of the window failed', async () => {
    for (const [calls, failures] of [
      [600, 0],
      [3_000, 1],
    ] as const) {
      const { circuit, time, succeed, warm } = setUpByHand(calls);
      await warm;
      for (let i = 0; i < failures; i++) await circuit.run(() => Promise.reject(boom())).catch(nothing);
      for (let i = 0; i < 10; i++) {
        time.now += 1_000;
        await succeed(1);
        expect(circuit.metrics().lastSuccessAt).toBe(time.now);
      }
      vi.restoreAllMocks();
    }
  });

  it('counts a call as late that settles after a reset, in dense traffic as well', async () => {
    const { circuit, succeed, warm } = setUpByHand(3_000);
    await warm;
    const slow = Array.from({ length: 16 }, () => deferred<void>());
    const running = slow.map(({ promise }) => circuit.run(() => promise));
    circuit.reset();
    await succeed(3_000);
    for (const { resolve } of slow) resolve();
    await Promise.all(running);
    expect(circuit.metrics().calls.late).toBe(16);
  });
});

describe('Circuit.run, in dense traffic', () => {
  it('tells at once of a success that trips', async () => {
    for (const minimumCalls of [600, 601, 602, 603]) {
      const { circuit, events } = setUp({ failureThreshold: false, minimumCalls });
      const tripped = vi.fn();
      events.on('tripped', tripped);
      for (let i = 0; i < 302; i++) await circuit.run(() => Promise.reject(boom())).catch(nothing);
      for (let i = 302; i < minimumCalls; i++) await circuit.run(nothing);
      expect(tripped).toHaveBeenCalledOnce();
    }
  });

  it('reads the clock about once per call', async () => {
    let reads = 0;
    const clock = { now: () => reads++ / 1_000, wall: () => 0 };
    const circuit = new Circuit('c', { clock });
    for (let i = 0; i < 10_000; i++) await circuit.run(nothing);
    reads = 0;
    for (let i = 0; i < 10_000; i++) await circuit.run(nothing);
    expect(reads).toBeLessThan(11_000);
  });

  it('clears the row of failures at the first success, wherever it comes', async () => {
    for (let offset = 0; offset < 8; offset++) {
      const circuit = new Circuit('c', { failureRateThreshold: false });
      for (let i = 0; i < 1_200 + offset; i++) await circuit.run(nothing);
      for (let i = 0; i < 4; i++) await circuit.run(() => Promise.reject(boom())).catch(nothing);
      await circuit.run(nothing);
      await circuit.run(() => Promise.reject(boom())).catch(nothing);
      expect(circuit.state).toBe('closed');
    }
  });

  it('counts no call as slow', async () => {
    const circuit = new Circuit('c');
    for (let i = 0; i < 2_000; i++) await circuit.run(nothing);
    circuit.update({ slowCallMs: 1_000 });
    expect(circuit.metrics().slowRate).toBe(0);
  });

  it('keeps its deadline', async () => {
    vi.useFakeTimers();
    const { circuit } = setUp({ timeoutMs: 1_000 });
    for (let i = 0; i < 2_000; i++) await circuit.run(nothing);
    for (let i = 0; i < 5; i++) {
      const running = circuit.run(() => new Promise(nothing)).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await running).toBeInstanceOf(DeadlineError);
      circuit.reset();
    }
  });
});

describe('Circuit.run, with the caller’s signal', () => {
  it('begins no call when it has aborted before', async () => {
    const { circuit, calls } = setUp();
    const fn = vi.fn();
    const reason = new Error('gone');
    await expect(circuit.run(fn, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(fn).not.toHaveBeenCalled();
    expect(calls()).toEqual(zero);
  });

  it('passes it on, and counts nothing against the dependency once it has aborted', async () => {
    for (const timeoutMs of [0, 5_000]) {
      const { circuit, calls } = setUp({ timeoutMs, failureThreshold: 1 });
      const caller = new AbortController();
      const running = circuit.run(
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        { signal: caller.signal },
      );
      caller.abort();
      await expect(running).rejects.toThrow('aborted');
      expect(calls()).toEqual({ ...zero, ignored: 1 });
      expect(circuit.state).toBe('closed');
    }
  });

  it('counts a caller who left after waiting as slow', async () => {
    const { circuit, calls, time } = setUp({ slowCallMs: 100 });
    const caller = new AbortController();
    const hung = deferred<never>();
    const running = circuit.run(() => hung.promise, { signal: caller.signal });
    time.now += 100;
    caller.abort();
    hung.reject(boom());
    await expect(running).rejects.toThrow('boom');
    expect(calls()).toEqual({ ...zero, ignored: 1, slow: 1 });
  });

  it('does not count a slow answer that says nothing as slow', async () => {
    const { circuit, calls, takes } = setUp({ slowCallMs: 100 });
    await expect(circuit.run(() => takes(500)().then(() => Promise.reject(status(404))))).rejects.toThrow('404');
    expect(calls()).toEqual({ ...zero, ignored: 1 });
  });

  it('counts an AbortError of the function’s own as a failure', async () => {
    const { circuit, calls } = setUp();
    const signal = new AbortController().signal;
    await expect(circuit.run(() => Promise.reject(new DOMException('x', 'AbortError')), { signal })).rejects.toThrow();
    await expect(
      circuit.run(
        () => {
          throw boom();
        },
        { signal },
      ),
    ).rejects.toThrow();
    expect(await circuit.run(() => 7, { signal })).toBe(7);
    expect(calls()).toEqual({ ...zero, failure: 2, success: 1 });
  });

  it('lets go of it when the call is over', async () => {
    const { circuit } = setUp({ timeoutMs: 1_000 });
    const { signal } = new AbortController();
    const listening = () => getEventListeners(signal, 'abort').length;
    for (const error of [undefined, boom()]) {
      const running = circuit.run(
        async (call) => {
          expect(call.signal.aborted).toBe(false);
          if (error) throw error;
        },
        { signal },
      );
      expect(listening()).toBe(1);
      await running.catch(nothing);
      expect(listening()).toBe(0);
    }
  });
});

describe('Circuit.run, with a deadline', () => {
  it('rejects at the deadline, aborts the signal with the reason, and counts a failure', async () => {
    vi.useFakeTimers();
    const { circuit, calls } = setUp({ timeoutMs: 1_000 });
    let signal: AbortSignal | undefined;
    const running = circuit.run((call) => {
      signal = call.signal;
      return new Promise(nothing);
    });
    const caught = running.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const error = await caught;
    expect(error).toBeInstanceOf(DeadlineError);
    expect(error).toMatchObject({ circuit: 'c', timeoutMs: 1_000 });
    expect(signal?.reason).toBe(error);
    expect(calls()).toEqual({ ...zero, failure: 1 });
  });

  it('gives one signal, and shows the caller’s abort to who reads it after that', async () => {
    const { circuit } = setUp({ timeoutMs: 1_000 });
    const caller = new AbortController();
    const reason = new Error('gone');
    const running = circuit.run(
      (call) => {
        caller.abort(reason);
        expect(call.signal).toBe(call.signal);
        return call.signal.reason;
      },
      { signal: caller.signal },
    );
    expect(await running).toBe(reason);
  });

  it('shows the abort to who reads the signal after it', async () => {
    vi.useFakeTimers();
    const { circuit } = setUp({ timeoutMs: 1_000 });
    let late: (() => AbortSignal) | undefined;
    const running = circuit.run((call) => {
      late = () => call.signal;
      return new Promise(nothing);
    });
    const caught = running.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(late?.().reason).toBe(await caught);
  });

  it('counts what settles after it as late, and leaves nothing unhandled', async () => {
    vi.useFakeTimers();
    const { circuit, calls } = setUp({ timeoutMs: 1_000 });
    const [ok, bad] = [deferred<number>(), deferred<number>()];
    const running = [circuit.run(() => ok.promise), circuit.run(() => bad.promise)];
    const settled = Promise.allSettled(running);
    await vi.advanceTimersByTimeAsync(1_000);
    ok.resolve(1);
    bad.reject(boom());
    expect((await settled).map((each) => each.status)).toEqual(['rejected', 'rejected']);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls()).toEqual({ ...zero, failure: 2, late: 2 });
    expect(circuit.metrics().consecutiveFailures).toBe(2);
  });

  it('counts what settles after it as late once, though a reset made it late before', async () => {
    vi.useFakeTimers();
    const { circuit, calls } = setUp({ timeoutMs: 1_000 });
    const hung = deferred<number>();
    const running = circuit.run(() => hung.promise).catch(nothing);
    circuit.reset();
    await vi.advanceTimersByTimeAsync(1_000);
    hung.resolve(1);
    await running;
    await vi.advanceTimersByTimeAsync(0);
    expect(calls()).toEqual({ ...zero, failure: 1, late: 1 });
  });

  it('lets go of the caller’s signal at the deadline, though the function hangs', async () => {
    vi.useFakeTimers();
    const { circuit } = setUp({ timeoutMs: 1_000 });
    const { signal } = new AbortController();
    const running = circuit.run((call) => new Promise(() => void call.signal), { signal }).catch(nothing);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await running;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers();
    const { circuit, calls } = setUp({ timeoutMs: 1_000 });
    await circuit.run(async () => 1);
    await circuit.run(() => 1);
    await circuit.run(() => Promise.reject(boom())).catch(nothing);
    const thrown = circuit.run(() => {
      throw boom();
    });
    await expect(thrown).rejects.toThrow('boom');
    expect(vi.getTimerCount()).toBe(0);
    expect(calls()).toEqual({ ...zero, success: 2, failure: 2 });
  });

  it('waits as long as Node can when told to wait longer', async () => {
    vi.useFakeTimers();
    const set = vi.spyOn(globalThis, 'setTimeout');
    const { circuit } = setUp({ timeoutMs: 1e12 });
    await circuit.run(async () => 1);
    expect(set.mock.calls[0]?.[1]).toBe(2 ** 31 - 1);
    set.mockRestore();
  });

  it('is only counted in shadow mode: nothing is aborted, and the answer is passed on', async () => {
    vi.useFakeTimers();
    const { circuit, calls } = setUp({ timeoutMs: 1_000, mode: 'shadow' });
    const slow = deferred<number>();
    let signal: AbortSignal | undefined;
    const running = circuit.run((call) => {
      signal = call.signal;
      return slow.promise;
    });
    await vi.advanceTimersByTimeAsync(1_000);
    slow.resolve(7);
    expect(await running).toBe(7);
    expect(signal?.aborted).toBe(false);
    expect(calls()).toEqual({ ...zero, failure: 1, late: 1 });
  });

  it('is none by default', async () => {
    vi.useFakeTimers();
    const { circuit } = setUp();
    const slow = deferred<number>();
    const running = circuit.run(() => slow.promise);
    await vi.advanceTimersByTimeAsync(1_000_000);
    slow.resolve(7);
    expect(await running).toBe(7);
  });

  it('is none in disabled mode', async () => {
    vi.useFakeTimers();
    const { circuit, calls } = setUp({ timeoutMs: 1_000, mode: 'disabled' });
    const slow = deferred<number>();
    const running = circuit.run(() => slow.promise);
    await vi.advanceTimersByTimeAsync(10_000);
    slow.resolve(7);
    expect(await running).toBe(7);
    expect(calls()).toEqual({ ...zero, success: 1 });
  });
});

describe('Circuit.run, refused', () => {
  it('says why', async () => {
    const { circuit, calls } = setUp({ maxConcurrent: 1 });
    const hung = deferred<void>();
    const first = circuit.run(() => hung.promise);
    await expect(circuit.run(nothing)).rejects.toBeInstanceOf(OverloadedError);
    circuit.forceOpen();
    await expect(circuit.run(nothing)).rejects.toMatchObject({ forced: true, retryAfterMs: undefined });
    hung.resolve();
    await first;
    expect(calls()).toEqual({ ...zero, success: 1, refused: 2, late: 1 });
  });

  it('captures no stack, and leaves those of other errors alone', async () => {
    const { circuit } = setUp();
    circuit.forceOpen();
    const before = Error.stackTraceLimit;
    const refusal = await circuit.run(nothing).catch((error: unknown) => error as Error);
    expect(refusal?.stack).toBe('CircuitOpenError: The circuit `c` is forced open');
    expect(Error.stackTraceLimit).toBe(before);
    expect(boom().stack).toContain('runner.test.ts');
  });

  it('says why where the depth of stacks cannot be set', async () => {
    const { circuit } = setUp();
    circuit.forceOpen();
    const before = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')!;
    Object.defineProperty(Error, 'stackTraceLimit', { ...before, writable: false });
    const error = await circuit.run(nothing).catch((caught: unknown) => caught);
    Object.defineProperty(Error, 'stackTraceLimit', before);
    expect(error).toBeInstanceOf(CircuitOpenError);
  });

  it('lets one of a hundred callers probe', async () => {
    const { circuit, time } = setUp({ failureThreshold: 1 });
    await circuit.run(() => Promise.reject(boom())).catch(nothing);
    time.now += 30_000;
    const fn = vi.fn(async () => 1);
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => circuit.run(fn)));
    expect(fn).toHaveBeenCalledOnce();
    expect(results.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
  });
});

describe('Circuit.run, nested', () => {
  it('counts a failure in the innermost circuit alone', async () => {
    const [inner, middle, outer] = [setUp(), setUp(), setUp()];
    const running = outer.circuit.run(() =>
      middle.circuit.run(async () => inner.circuit.run(() => Promise.reject(boom()))),
    );
    await expect(running).rejects.toThrow('boom');
    expect(inner.calls().failure).toBe(1);
    expect([middle.calls(), outer.calls()]).toEqual([
      { ...zero, ignored: 1 },
      { ...zero, ignored: 1 },
    ]);
  });

  it.each(['failure', 'success'] as const)(
    'counts it once, though a classifier of the outer one says %s',
    async (said) => {
      const [inner, outer] = [setUp(), setUp({ classify: () => said })];
      await expect(outer.circuit.run(() => inner.circuit.run(() => Promise.reject(boom())))).rejects.toThrow('boom');
      expect([inner.calls(), outer.calls()]).toMatchObject([{ failure: 1 }, { failure: 0, success: 0, ignored: 1 }]);
      inner.circuit.forceOpen();
      await expect(outer.circuit.run(() => inner.circuit.run(nothing))).rejects.toBeInstanceOf(CircuitOpenError);
      expect(outer.calls()).toMatchObject({ failure: 0, success: 0, ignored: 2 });
    },
  );

  it('ignores a refusal of an inner circuit, of the same one too', async () => {
    const [inner, outer] = [setUp(), setUp()];
    inner.circuit.forceOpen();
    await expect(outer.circuit.run(() => inner.circuit.run(nothing))).rejects.toBeInstanceOf(CircuitOpenError);
    expect(outer.calls()).toEqual({ ...zero, ignored: 1 });

    const { circuit, calls } = setUp({ maxConcurrent: 1 });
    await expect(circuit.run(() => circuit.run(nothing))).rejects.toBeInstanceOf(OverloadedError);
    expect(calls()).toEqual({ ...zero, ignored: 1, refused: 1 });
  });

  it('counts what an inner circuit merely ignored by the rules of the outer one', async () => {
    const [inner, outer] = [setUp({ classify: () => 'ignore' }), setUp()];
    await expect(outer.circuit.run(() => inner.circuit.run(() => Promise.reject(boom())))).rejects.toThrow('boom');
    expect(outer.calls()).toEqual({ ...zero, failure: 1 });
  });

  it('counts in one circuit alone what another one inside it ignored', async () => {
    const [inner, middle, outer] = [setUp({ classify: () => 'ignore' }), setUp(), setUp()];
    const running = outer.circuit.run(() => middle.circuit.run(() => inner.circuit.run(() => Promise.reject(boom()))));
    await expect(running).rejects.toThrow('boom');
    expect([inner.calls(), middle.calls(), outer.calls()]).toEqual([
      { ...zero, ignored: 1 },
      { ...zero, failure: 1 },
      { ...zero, ignored: 1 },
    ]);
  });

  it('counts one error object for each of the calls of a circuit that it fails at once', async () => {
    const { circuit, calls } = setUp();
    const error = boom();
    await Promise.allSettled([1, 2, 3].map(() => circuit.run(() => Promise.reject(error))));
    expect(calls()).toEqual({ ...zero, failure: 3 });
  });

  it.each(['boom', 7, null, undefined])('passes on what is no error: %s', async (thrown) => {
    const [inner, outer] = [setUp(), setUp()];
    const running = outer.circuit.run(() => inner.circuit.run(() => Promise.reject(thrown)));
    expect(await running.catch((error: unknown) => [error])).toEqual([thrown]);
    expect([inner.calls().failure, outer.calls().failure]).toEqual([1, 1]);
  });

  it('says what an error that an inner circuit counted is worth', async () => {
    const [inner, outer] = [setUp(), setUp()];
    let verdict: unknown;
    await outer.circuit.run(() =>
      inner.circuit
        .run(() => Promise.reject(boom()))
        .catch((error: unknown) => {
          verdict = outer.circuit.verdictOf({ error });
        }),
    );
    expect(verdict).toBe('ignore');
  });

  it('counts an error that another circuit has seen before, when it comes again', async () => {
    const [a, b] = [setUp(), setUp()];
    const error = boom();
    await Promise.allSettled([1, 2, 3].map(() => a.circuit.run(() => Promise.reject(error))));
    await expect(b.circuit.run(() => Promise.reject(error))).rejects.toBe(error);
    expect(b.calls()).toEqual({ ...zero, failure: 1 });
  });

  it('tells an outer guard who counted or refused an error', async () => {
    const inner = setUp({ failureThreshold: 1 });
    const permit = setUp().circuit.admit();
    const counted = await inner.circuit.run(() => Promise.reject(boom())).catch((error: unknown) => error);
    expect(ownerOf(counted)).toEqual({ circuit: 'c', verdict: 'failure' });
    const refusal = await inner.circuit.run(nothing).catch((error: unknown) => error);
    expect(ownerOf(refusal)).toEqual({
      circuit: 'c',
      verdict: 'refused',
      reason: 'circuit_open',
      retryAfterMs: 30_000,
    });
    const lenient = setUp({ classify: () => 'ignore' });
    const ignored = await lenient.circuit.run(() => Promise.reject(boom())).catch((error: unknown) => error);
    expect(ownerOf(ignored)).toEqual({ circuit: 'c', verdict: 'ignore' });
    expect(ownerOf(boom())).toBeUndefined();
    expect(ownerOf('boom')).toBeUndefined();
    if (permit.admitted) permit.ignore();
    expect(ownerOf(counted)).toBeUndefined();
  });
});

describe('Circuit.wrap', () => {
  it('keeps `this` and the arguments', async () => {
    const { circuit, calls } = setUp();
    const client = {
      base: 10,
      add: circuit.wrap(async function (this: { base: number }, a: number, b: number) {
        return this.base + a + b;
      }),
    };
    expect(await client.add(1, 2)).toBe(13);
    expect(calls().success).toBe(1);
  });
});

describe('the classify option', () => {
  it('decides', async () => {
    const { circuit, calls } = setUp({
      classify: (outcome) => ('error' in outcome ? 'success' : outcome.status === 418 ? 'failure' : 'ignore'),
    });
    await circuit.run(() => Promise.reject(boom())).catch(nothing);
    expect(calls()).toEqual({ ...zero, success: 1 });
    expect(circuit.verdictOf({ status: 418 })).toBe('failure');
    expect(circuit.verdictOf({ status: 200 })).toBe('ignore');
  });

  it('is told which circuit asks, and can tell of what a verdict cannot say', async () => {
    const error = boom();
    const { circuit, events } = setUp({
      classify: (outcome, { name, events, clock }) => {
        events.emit('alert', { circuit: name, at: clock.wall(), problem: 'unauthorized', error });
        return 'error' in outcome ? 'ignore' : 'success';
      },
    });
    const alerted = vi.fn();
    events.on('alert', alerted);
    await circuit.run(() => Promise.reject(error)).catch(nothing);
    expect(alerted.mock.calls).toEqual([[{ circuit: circuit.name, at: 0, problem: 'unauthorized', error }]]);
  });

  it('may give a reason with its verdict', async () => {
    const { circuit, calls } = setUp({ classify: () => ({ verdict: 'ignore', reason: 'rate_limited' }) });
    await circuit.run(() => Promise.reject(boom())).catch(nothing);
    expect(calls()).toEqual({ ...zero, ignored: 1 });
    expect(circuit.verdictOf({ status: 200 })).toBe('ignore');
    expect(circuit.judge({ status: 200 })).toEqual({ verdict: 'ignore', reason: 'rate_limited' });
  });

  it('names classes, before anything else', () => {
    class Mine extends Error {
      readonly status = 404;
    }
    const { circuit } = setUp({ classify: { failure: [Mine, SyntaxError], ignore: [Error] } });
    expect(circuit.verdictOf({ error: new Mine() })).toBe('failure');
    expect(circuit.verdictOf({ error: new SyntaxError() })).toBe('failure');
    expect(circuit.verdictOf({ error: boom() })).toBe('ignore');
    expect(circuit.verdictOf({ error: 'boom' })).toBe('failure');
    expect(circuit.verdictOf({ status: 500 })).toBe('failure');
    expect(setUp({ classify: { ignore: [RangeError] } }).circuit.verdictOf({ error: new RangeError() })).toBe('ignore');
  });

  it.each([
    ['throws', () => Promise.reject.call(undefined as never, 1)],
    ['returns nothing', () => undefined],
    ['returns another word', () => 'fail'],
    ['returns a promise', async () => 'success'],
    ['returns another word with a reason', () => ({ verdict: 'fail', reason: 'timeout' })],
    ['returns a reason that is none', () => ({ verdict: 'ignore', reason: 'weather' })],
    ['returns a reason alone', () => ({ reason: 'timeout' })],
    ['returns a promise that rejects', async () => Promise.reject(boom())],
  ])('makes a failure and an event of it when it %s', async (_, classify) => {
    const { circuit, events } = setUp({ classify: classify as never });
    const failed = vi.fn();
    events.on('option_failed', failed);
    expect(circuit.verdictOf({ status: 200 })).toBe('failure');
    expect(failed.mock.calls).toEqual([[{ at: 0, option: 'classify', error: expect.any(TypeError) }]]);
  });

  it('tells which word it got instead', () => {
    const { circuit, events } = setUp({ classify: () => 'fail' as never });
    const errors: unknown[] = [];
    events.on('option_failed', ({ error }) => void errors.push(error));
    circuit.verdictOf({ status: 200 });
    expect(String(errors[0])).toMatch(/Expected `classify` to return 'success', 'failure' or 'ignore', .* got .*fail/);
  });

  it('is not broken by an error whose status cannot be read', () => {
    const error = {
      get status(): never {
        throw boom();
      },
    };
    expect(setUp().circuit.verdictOf({ error })).toBe('failure');
  });
});
