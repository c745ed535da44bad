import { Circuit, CircuitOpenError, DeadlineError, OptionsError } from '@brownout/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classifyOpenAIError } from './classify.ts';
import { type PrimedStreamOptions, primedStream } from './primed-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const head = { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] };
const token = (content: string, index = 0) => ({ choices: [{ index, delta: { content }, finish_reason: null }] });
const thought = { choices: [{ index: 0, delta: { reasoning_content: 'Hm.' }, finish_reason: null }] };
const empty = { choices: [{ index: 0, delta: {}, finish_reason: null }] };
const stop = (index = 0) => ({ choices: [{ index, delta: {}, finish_reason: 'stop' }] });

type Step = object | number | Error;

/** A stream that gives parts, waits for milliseconds, or throws. It does not heed the signal, as a generator that is asked does not. */
function script(...steps: readonly Step[]) {
  const state = { signal: undefined as AbortSignal | undefined, closed: false };
  const open = ({ signal }: { readonly signal: AbortSignal }) => {
    state.signal = signal;
    return (async function* () {
      try {
        for (const step of steps) {
          if (step instanceof Error) throw step;
          if (typeof step === 'number') await new Promise((resolve) => setTimeout(resolve, step));
          else yield step;
        }
      } finally {
        state.closed = true;
      }
    })();
  };
  return { state, open };
}

type Open = ReturnType<typeof script>['open'];

/** Reads it to its end: the parts that came, and what was thrown. */
async function read(steps: readonly Step[], options?: PrimedStreamOptions) {
  const parts: unknown[] = [];
  const { open, state } = script(...steps);
  const reading = (async () => {
    for await (const part of await primedStream(open, options)) parts.push(part);
  })().then(
    () => undefined,
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();
  return { parts, state, error: await reading };
}

function counting(options?: object) {
  const circuit = new Circuit('model', { classify: classifyOpenAIError, ...options });
  const calls = () => {
    const { success, failure, ignored, refused } = circuit.metrics().calls;
    return { success, failure, ignored, refused };
  };
  return { circuit, calls };
}
const none = { success: 0, failure: 0, ignored: 0, refused: 0 };

describe('primedStream', () => {
  it('passes on every part of a whole stream, in order', async () => {
    const steps = [head, thought, token('Nine '), 10, token('million.'), stop()];
    const { parts, error } = await read(steps);
    expect(parts).toEqual([head, thought, token('Nine '), token('million.'), stop()]);
    expect(error).toBeUndefined();
  });

  it('waits for the first useful part', async () => {
    const begun = vi.fn();
    const { open } = script(head, 20, thought, 20, token('Nine'), stop());
    void primedStream(open).then(begun);
    await vi.advanceTimersByTimeAsync(39);
    expect(begun).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toHaveBeenCalledOnce();
  });

  it.each<[string, Step]>([
    ['a tool call', { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'call_1' }] } }] }],
    ['a refusal', { choices: [{ index: 0, delta: { refusal: 'No.' } }] }],
    ['the end', stop()],
    ['a text of the Responses API', { type: 'response.output_text.delta', delta: 'Nine' }],
    ['a tool call of the Responses API', { type: 'response.output_item.added', item: { type: 'function_call' } }],
    ['a part of another language', { anything: true }],
  ])('takes %s for useful', async (_, part) => {
    const { open } = script(part, 50);
    await expect(primedStream(open)).resolves.toBeDefined();
  });

  it('hands out what `open` made', async () => {
    const { open } = script(token('Nine'));
    let made: unknown;
    const stream = await primedStream((call) => {
      made = open(call);
      return made as ReturnType<typeof open>;
    });
    expect(stream.source).toBe(made);
  });

  it.each<[string, readonly Step[], object]>([
    ['is not useful in time', [head, 40, thought, 100, token('Nine'), stop()], { problem: 'late', status: 504 }],
    ['falls silent', [token('Nine'), 100, stop()], { problem: 'stalled', status: 504 }],
    ['sends keep-alives alone', [token('Nine'), 40, empty, 40, empty, 40, stop()], { problem: 'stalled' }],
    ['ends without a marker', [token('Nine')], { problem: 'cut', status: 502 }],
    ['ends one choice of two', [token('a'), token('b', 1), stop()], { problem: 'cut' }],
    ['is empty', [], { problem: 'no_answer', status: 502 }],
    [
      'says that it has failed',
      [token('a'), { type: 'response.failed', response: { error: { code: 'server_error' } } }],
      { problem: 'failed', status: 502, cause: { code: 'server_error' } },
    ],
    [
      'says that a limit is reached',
      [{ type: 'error', code: 'rate_limit_exceeded' }],
      { problem: 'failed', status: 429 },
    ],
    [
      'finishes with an error',
      [token('a'), { choices: [{ index: 0, delta: {}, finish_reason: 'error' }] }],
      { problem: 'failed' },
    ],
  ])('throws when it %s', async (_, steps, expected) => {
    const { error, state } = await read(steps, { firstMs: 60, idleMs: 60 });
    expect(error).toMatchObject({ name: 'OpenAIAnswerError', code: 'ERR_ANSWER', ...expected });
    expect(state.signal!.aborted).toBe(true);
    expect(state.closed).toBe(true);
  });

  it('counts the time that opening takes', async () => {
    let asked: AbortSignal | undefined;
    const never = primedStream(
      ({ signal }) => {
        asked = signal;
        return new Promise<AsyncIterable<object>>(() => {});
      },
      { firstMs: 50 },
    ).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(50);
    expect(await never).toMatchObject({ problem: 'late' });
    expect(asked!.aborted).toBe(true);
  });

  it.each<[string, readonly Step[]]>([
    ['thinking is', [token('Nine'), 40, thought, 40, thought, 40, token('million'), stop()]],
    ['what comes after the marker is', [token('Nine'), stop(), 500]],
    ['a connection that breaks after the marker is', [token('Nine'), stop(), new Error('terminated')]],
  ])('%s no fault', async (_, steps) => {
    expect((await read(steps, { idleMs: 60 })).error).toBeUndefined();
  });

  it('does not take a slow reader for a silent model', async () => {
    const { open } = script(token('a'), token('b'), token('c'), stop());
    const stream = await primedStream(open, { idleMs: 60 });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const part of stream) {
        seen.push(part);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    })();
    await vi.runAllTimersAsync();
    await reading;
    expect(seen).toHaveLength(4);
  });

  it('has no limit where that is 0', async () => {
    const steps = [3_600_000, token('Nine'), 3_600_000, stop()];
    expect((await read(steps, { firstMs: 0, idleMs: 0 })).error).toBeUndefined();
  });

  it('throws what `open` throws, and what the stream throws', async () => {
    const error = new Error('boom');
    await expect(primedStream(() => Promise.reject(error))).rejects.toBe(error);
    await expect(
      primedStream(() => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect((await read([token('Nine'), error])).error).toBe(error);
    expect((await read([{ anything: true }, error])).error).toBe(error);
  });

  it('throws once, and is over then', async () => {
    const { open } = script(token('Nine'));
    const iterator = (await primedStream(open))[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ value: token('Nine'), done: false });
    await expect(iterator.next()).rejects.toMatchObject({ problem: 'cut' });
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });

  it('leaves no timer behind', async () => {
    await read([token('Nine'), stop()]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not opened for a caller that has left', async () => {
    const open = vi.fn();
    await expect(primedStream(open, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
    expect(open).not.toHaveBeenCalled();
  });

  it('ends when its caller leaves', async () => {
    const { open, state } = script(token('Nine'), 1_000, stop());
    const caller = new AbortController();
    const stream = await primedStream(open, { signal: caller.signal });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    caller.abort('gone');
    await expect(next).rejects.toBe('gone');
    expect(state.signal!.aborted).toBe(true);
  });

  it('refuses bad options', async () => {
    const { open } = script();
    const bad = [{ firstMs: -1 }, { idleMs: '1s' }, { signal: {} }, { circuit: 'model' }, { first: 1 }];
    for (const options of bad) await expect(primedStream(open, options as never)).rejects.toThrow(OptionsError);
  });
});

/** As an option, and around it. */
describe.each<
  [string, (open: Open, options: { circuit: Circuit } & PrimedStreamOptions) => Promise<AsyncIterable<object>>]
>([
  ['as an option', (open, options) => primedStream(open, options)],
  [
    'around it',
    (open, { circuit, ...options }) => circuit.run(({ signal }) => primedStream(open, { ...options, signal })),
  ],
])('primedStream with a circuit, %s', (_, begin) => {
  it.each<[string, readonly Step[], object]>([
    ['is whole', [token('Nine'), 10, stop()], { success: 1 }],
    ['breaks', [token('Nine'), 10, new TypeError('terminated')], { failure: 1 }],
    ['is cut', [token('Nine'), 10], { failure: 1 }],
    ['falls silent', [token('Nine'), 100, stop()], { failure: 1 }],
    ['says that it has failed', [token('Nine'), 10, { type: 'error', code: 'server_error' }], { failure: 1 }],
    [
      'says that a limit is reached',
      [token('Nine'), 10, { type: 'error', code: 'rate_limit_exceeded' }],
      { ignored: 1 },
    ],
  ])('counts one that %s by its end', async (_, steps, expected) => {
    const { circuit, calls } = counting();
    const stream = await begin(script(...steps).open, { circuit, idleMs: 60 });
    expect([circuit.inFlight, calls()]).toEqual([1, none]);
    const reading = (async () => {
      for await (const _ of stream);
    })().catch(() => {});
    await vi.runAllTimersAsync();
    await reading;
    expect([circuit.inFlight, calls()]).toEqual([0, { ...none, ...expected }]);
  });
});

describe('primedStream with a circuit', () => {
  it('counts one success, when the stream has ended', async () => {
    const { circuit, calls } = counting();
    const { open } = script(token('Nine'), 100, stop());
    const stream = await primedStream(open, { circuit });
    expect(calls()).toEqual(none);
    const reading = (async () => {
      for await (const _ of stream);
    })();
    await vi.runAllTimersAsync();
    await reading;
    expect(calls()).toEqual({ ...none, success: 1 });
  });

  it.each<[string, readonly Step[]]>([
    ['is late', [100, token('Nine'), stop()]],
    ['falls silent', [token('Nine'), 100, stop()]],
    ['is cut', [token('Nine')]],
    ['throws', [token('Nine'), new TypeError('terminated')]],
  ])('counts one failure when it %s', async (_, steps) => {
    const { circuit, calls } = counting();
    const { error } = await read(steps, { firstMs: 60, idleMs: 60, circuit });
    expect(error).toBeInstanceOf(Error);
    expect(calls()).toEqual({ ...none, failure: 1 });
  });

  it('is refused while the circuit is open', async () => {
    const { circuit, calls } = counting();
    circuit.forceOpen();
    const open = vi.fn();
    await expect(primedStream(open, { circuit })).rejects.toThrow(CircuitOpenError);
    expect(open).not.toHaveBeenCalled();
    expect(calls()).toEqual({ ...none, refused: 1 });
  });

  it('has the deadline of the circuit to its first part', async () => {
    const { circuit, calls } = counting({ timeoutMs: 50 });
    const late = await read([100, token('Nine'), stop()], { circuit });
    expect(late.error).toBeInstanceOf(DeadlineError);
    expect(late.state.signal!.aborted).toBe(true);
    expect(calls()).toEqual({ ...none, failure: 1 });
    expect((await read([token('Nine'), 100, stop()], { circuit })).error).toBeUndefined();
    expect(calls()).toEqual({ ...none, failure: 1, success: 1 });
  });

  it('ends when the circuit’s own signal does, which may be the route’s', async () => {
    const route = new AbortController();
    const { circuit, calls } = counting();
    const { open, state } = script(token('Nine'), 100, stop());
    const stream = await primedStream(open, {
      circuit: { run: (fn) => circuit.run(fn, { signal: route.signal }) },
      signal: new AbortController().signal,
    });
    route.abort('gone');
    await stream[Symbol.asyncIterator]().next();
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toBe('gone');
    expect(state.signal!.aborted).toBe(true);
    expect(calls()).toEqual({ ...none, ignored: 1 });
  });

  it('is asked for again by `retry` until its first part, and not after', async () => {
    const { circuit } = counting({ retry: { retries: 1, baseMs: 1, budget: 1 } });
    const open = vi.fn<Parameters<typeof primedStream>[0]>();
    open.mockRejectedValueOnce(new TypeError('terminated')).mockImplementation(script(token('Nine')).open);
    const reading = (async () => {
      for await (const _ of await primedStream(open, { circuit }));
    })().catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await reading).toMatchObject({ problem: 'cut' });
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('counts nothing when its caller leaves, or its reader breaks off', async () => {
    const { circuit, calls } = counting();
    const caller = new AbortController();
    const stream = await primedStream(script(token('Nine'), 100, stop()).open, { circuit, signal: caller.signal });
    caller.abort('gone');
    await stream[Symbol.asyncIterator]().next();
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toBe('gone');
    expect(calls()).toEqual({ ...none, ignored: 1 });

    const { open, state } = script(token('Nine'), token('million'), stop());
    for await (const _ of await primedStream(open, { circuit })) break;
    expect(calls()).toEqual({ ...none, ignored: 2 });
    expect([state.signal!.aborted, state.closed]).toEqual([true, true]);
  });

  it('counts a success when its reader breaks off at the end marker', async () => {
    const { circuit, calls } = counting();
    for await (const part of await primedStream(script(token('Nine'), stop(), 100).open, { circuit })) {
      if (JSON.stringify(part) === JSON.stringify(stop())) break;
    }
    expect(calls()).toEqual({ ...none, success: 1 });
  });

  it('has its failure counted once, by the circuit that owns it', async () => {
    const [inner, outer] = [counting(), counting({ classify: undefined })];
    const reading = outer.circuit.run(async () => {
      for await (const _ of await primedStream(script(token('Nine')).open, { circuit: inner.circuit }));
    });
    await expect(reading).rejects.toMatchObject({ problem: 'cut' });
    expect(inner.calls()).toEqual({ ...none, failure: 1 });
    expect(outer.calls()).toEqual({ ...none, ignored: 1 });
  });
});
