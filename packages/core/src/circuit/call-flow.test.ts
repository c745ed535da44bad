import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { DeadlineError } from '../errors.ts';
import { CallFlow } from './call-flow.ts';
import { Circuit } from './circuit.ts';
import type { CircuitOptions } from './circuit-options.ts';
import { flowing } from './flowing.ts';

const none = { success: 0, failure: 0, ignored: 0, refused: 0, slow: 0, late: 0 };

function setUp(options: CircuitOptions = {}) {
  const time = { now: 0 };
  const clock = { now: () => time.now, wall: () => 0 };
  const circuit = new Circuit('model', { jitter: 0, clock, ...options });
  /** A call that gives a stream, and the means to end it. */
  const stream = async (runOptions?: Parameters<Circuit['run']>[1]) => {
    const value = {};
    const flow = new CallFlow(value);
    let signal: AbortSignal | undefined;
    const given = await circuit.run((call) => {
      signal = runOptions || options.timeoutMs ? call.signal : undefined;
      return value;
    }, runOptions);
    expect(given).toBe(value);
    return { flow, signal };
  };
  return { circuit, time, stream, calls: () => circuit.metrics().calls };
}

const trip = (circuit: Circuit) =>
  circuit
    .run(() => {
      throw new Error('down');
    })
    .catch(() => {});

/** With nothing to watch, with a deadline, and with the caller's signal: each takes a way of its own through the code. */
describe.each<[string, CircuitOptions, () => Parameters<Circuit['run']>[1]]>([
  ['with no option', {}, () => undefined],
  ['with a deadline', { timeoutMs: 1_000 }, () => undefined],
  ['with a signal', {}, () => ({ signal: new AbortController().signal })],
  ['with `retry`', { retry: { retries: 2 } }, () => undefined],
])('A call that gives a stream, %s', (_, options, given) => {
  async function begun(warm: number) {
    const set = setUp(options);
    for (let n = 0; n < warm; n++) await set.circuit.run(() => n);
    const calls = () => ({ ...set.calls(), success: set.calls().success - warm });
    return { ...set, ...(await set.stream(given())), calls };
  }

  it.each([0, 2_000])('lasts until that has ended (after %i calls)', async (warm) => {
    const { circuit, flow, calls } = await begun(warm);
    expect(circuit.inFlight).toBe(1);
    expect(calls()).toEqual(none);
    flow.whole();
    expect(circuit.inFlight).toBe(0);
    expect(calls()).toEqual({ ...none, success: 1 });
  });

  it.each([0, 2_000])('fails when that breaks (after %i calls)', async (warm) => {
    const { circuit, flow, calls } = await begun(warm);
    flow.broke(new Error('cut'));
    flow.whole();
    expect(calls()).toEqual({ ...none, failure: 1 });
    expect(circuit.inFlight).toBe(0);
  });

  it('is neither when its reader leaves, or when it breaks with what says nothing of the dependency', async () => {
    const { flow, calls, stream } = await begun(0);
    flow.left();
    const other = await stream(given());
    other.flow.broke(Object.assign(new Error('no'), { status: 422 }));
    expect(calls()).toEqual({ ...none, ignored: 2 });
  });
});

describe('A call that gives a stream', () => {
  it('opens the circuit when its streams break one after another', async () => {
    const { circuit, stream } = setUp({ failureThreshold: 3 });
    for (let n = 0; n < 3; n++) (await stream()).flow.broke(new Error('cut'));
    expect(circuit.state).toBe('open');
  });

  it('has a deadline to its value alone', async () => {
    vi.useFakeTimers();
    try {
      const { stream, calls, circuit } = setUp({ timeoutMs: 50 });
      const { flow, signal } = await stream();
      await vi.advanceTimersByTimeAsync(500);
      expect(signal?.aborted).toBe(false);
      flow.whole();
      expect(calls()).toEqual({ ...none, success: 1 });
      const late = circuit.run(() => new Promise(() => {})).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(50);
      expect(await late).toBeInstanceOf(DeadlineError);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each<[string, CircuitOptions]>([
    ['without a deadline', {}],
    ['with one', { timeoutMs: 60_000 }],
    ['in shadow mode', { timeoutMs: 60_000, mode: 'shadow' }],
  ])('hears until its end that its caller has left, %s', async (_, options) => {
    const { stream, calls } = setUp(options);
    const caller = new AbortController();
    const { flow, signal } = await stream({ signal: caller.signal });
    caller.abort('gone');
    expect(signal?.aborted).toBe(true);
    flow.broke(new Error('aborted'));
    expect(calls()).toEqual({ ...none, ignored: 1 });
  });

  it('lets go of its caller’s signal at its end', async () => {
    const { stream } = setUp({ timeoutMs: 60_000 });
    const caller = new AbortController();
    const { flow, signal } = await stream({ signal: caller.signal });
    flow.whole();
    caller.abort('gone');
    expect(signal?.aborted).toBe(false);
  });

  it('takes as long as it took to its value', async () => {
    const { circuit, time, calls } = setUp({ slowCallMs: 100 });
    const slow = {};
    const flow = new CallFlow(slow);
    await circuit.run(() => {
      time.now += 99;
      return slow;
    });
    time.now += 5_000;
    flow.whole();
    expect(calls()).toEqual({ ...none, success: 1 });
  });

  it('is not made again', async () => {
    const { circuit } = setUp({ retry: { retries: 3 } });
    const fn = vi.fn(() => {
      const value = {};
      new CallFlow(value).broke(new Error('cut'));
      return value;
    });
    await circuit.run(fn);
    expect(fn).toHaveBeenCalledOnce();
    expect(circuit.metrics().calls).toEqual({ ...none, failure: 1 });
  });

  it('is counted by its own circuit, and not again by one around it', async () => {
    const [inner, outer] = [setUp(), setUp()];
    const streams = async () => {
      const value = {};
      const flow = new CallFlow(value);
      await outer.circuit.run(() => inner.circuit.run(() => value));
      return flow;
    };
    (await streams()).broke(new Error('cut'));
    expect(inner.calls()).toEqual({ ...none, failure: 1 });
    expect(outer.calls()).toEqual({ ...none, ignored: 1 });
    (await streams()).whole();
    expect([inner.calls().success, outer.calls().success]).toEqual([1, 1]);
  });

  describe('as a probe', () => {
    const half = async () => {
      const set = setUp({ failureThreshold: 1, resetTimeoutMs: 1_000, successThreshold: 1, probeLeaseMs: 500 });
      await trip(set.circuit);
      set.time.now += 1_000;
      return { ...set, ...(await set.stream()) };
    };

    it('keeps others out until it has ended, and decides by its end', async () => {
      const { circuit, flow } = await half();
      expect(circuit.state).toBe('half_open');
      await expect(circuit.run(() => 1)).rejects.toThrow('open');
      flow.broke(new Error('cut'));
      expect(circuit.state).toBe('open');
      const other = await half();
      other.flow.whole();
      expect(other.circuit.state).toBe('closed');
    });

    it('is a success at the end of its lease, read or not', async () => {
      const { circuit, time, flow } = await half();
      time.now += 500;
      await circuit.run(() => 1);
      expect(circuit.state).toBe('closed');
      flow.broke(new Error('cut'));
      expect(circuit.metrics().calls).toEqual({ ...none, success: 2, failure: 1, refused: 0 });
    });
  });

  describe('with `maxConcurrent`', () => {
    it('keeps its place while it flows, and has it no longer when it has not flowed for its lease', async () => {
      const { circuit, time, stream } = setUp({ maxConcurrent: 1, probeLeaseMs: 500 });
      const { flow } = await stream();
      for (let n = 0; n < 5; n++) {
        time.now += 499;
        flow.flowed();
        await expect(circuit.run(() => 1)).rejects.toThrow('maxConcurrent');
      }
      time.now += 500;
      await expect(circuit.run(() => 1)).resolves.toBe(1);
    });

    it('frees its place at its end', async () => {
      const { circuit, stream } = setUp({ maxConcurrent: 1 });
      (await stream()).flow.whole();
      await expect(circuit.run(() => 1)).resolves.toBe(1);
    });
  });

  it.each<[string, CircuitOptions]>([
    ['without a deadline', {}],
    ['with one', { timeoutMs: 60_000 }],
  ])('is over when nobody has its value any more, %s', async (_, options) => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { circuit, calls } = setUp(options);
    const forgotten = new Promise<void>((resolve) => {
      circuit.events.on('settled', () => resolve());
    });
    await circuit.run(
      (call) => {
        const value = { end: () => flow.left() };
        const flow = new CallFlow(value);
        call.signal.addEventListener('abort', value.end); // as a stream does, which its signal holds on to then
        return value;
      },
      { signal: new AbortController().signal },
    );
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    await forgotten;
    expect(calls()).toEqual({ ...none, ignored: 1 });
    expect(circuit.inFlight).toBe(0);
  });
});

describe('flowing', () => {
  const parts = ['a', 'b'];

  async function* iterable(fails: boolean, closed?: () => void) {
    try {
      yield* parts;
      if (fails) throw new Error('cut');
    } finally {
      closed?.();
    }
  }
  const web = (fails: boolean, closed?: () => void) =>
    new ReadableStream({
      pull(controller) {
        for (const part of parts) controller.enqueue(part);
        if (fails) queueMicrotask(() => controller.error(new Error('cut')));
        else controller.close();
      },
      cancel: () => closed?.(),
    });

  /** Read as it comes from `run`. */
  async function read(make: () => AsyncIterable<unknown>, most = 9) {
    const { circuit, calls } = setUp();
    const seen: unknown[] = [];
    const stream = await circuit.run(() => make());
    expect(calls()).toEqual(none);
    const error = await (async () => {
      for await (const part of stream) {
        seen.push(part);
        if (seen.length === most) break;
      }
    })().catch((thrown: unknown) => thrown);
    return { seen, error, calls: calls(), circuit };
  }

  const makes: [string, (fails: boolean, closed?: () => void) => AsyncIterable<unknown>][] = [
    ['an async iterable', (fails, closed) => flowing(iterable(fails, closed))],
    ['a web stream', (fails, closed) => flowing(web(fails, closed)) as unknown as AsyncIterable<unknown>],
  ];

  it.each(makes)('passes on %s, and counts it when it has ended', async (_, make) => {
    const { seen, calls } = await read(() => make(false));
    expect(seen).toEqual(parts);
    expect(calls).toEqual({ ...none, success: 1 });
  });

  it.each(makes)('counts a failure before the reader of %s sees it', async (_, make) => {
    const { error, calls } = await read(() => make(true));
    expect(error).toEqual(new Error('cut'));
    expect(calls).toEqual({ ...none, failure: 1 });
  });

  it.each(makes)('counts nothing when the reader of %s breaks off, and tells the source', async (_, make) => {
    const closed = vi.fn();
    const { seen, calls } = await read(() => make(false, closed), 1);
    expect(seen).toEqual(['a']);
    expect(calls).toEqual({ ...none, ignored: 1 });
  });

  it.each(makes)('goes on while %s is read, though nothing else holds on to it', async (_, make) => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { circuit, calls } = setUp();
    const read = async () => {
      for await (const _part of await circuit.run(() => make(true))) {
        await new Promise((resolve) => setImmediate(resolve));
        gc();
        await new Promise((resolve) => setImmediate(resolve)); // finalizers have their turn
      }
    };
    await expect(read()).rejects.toThrow('cut');
    expect(calls()).toEqual({ ...none, failure: 1 });
  });

  it('counts a success when the reader that breaks off has had enough', async () => {
    for (const isEnough of [true, false]) {
      const options = { isEnough: () => isEnough };
      for (const make of [() => flowing(iterable(false), options), () => flowing(web(false), options)]) {
        const { calls } = await read(make as () => AsyncIterable<unknown>, 1);
        expect(calls).toEqual({ ...none, [isEnough ? 'success' : 'ignored']: 1 });
      }
    }
  });

  it('reads nothing before it is read', async () => {
    const pull = vi.fn();
    flowing(new ReadableStream({ pull }, { highWaterMark: 0 }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(pull).not.toHaveBeenCalled();
  });
});
