import { Circuit, DeadlineError } from '@brownout/core';
import { describe, expect, it, vi } from 'vitest';
import { brownoutFetch } from './brownout-fetch.ts';
import { classifyOpenAIError } from './classify.ts';

const url = 'http://127.0.0.1/v1/chat/completions';

function setUp(fetch: typeof globalThis.fetch, options: object = {}) {
  const circuit = new Circuit('model', { classify: classifyOpenAIError, ...options });
  const asked = vi.fn(fetch);
  const calls = () => {
    const { success, failure, ignored, refused } = circuit.metrics().calls;
    return { success, failure, ignored, refused };
  };
  return { circuit, asked, calls, send: brownoutFetch(circuit, asked) };
}
const none = { success: 0, failure: 0, ignored: 0, refused: 0 };

/** As `fetch` does: it rejects with what the signal was aborted with. */
const hanging: typeof globalThis.fetch = (_input, init) =>
  new Promise((_resolve, reject) => {
    init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason));
  });

describe('brownoutFetch', () => {
  it.each([
    [200, { success: 1 }],
    [304, { success: 1 }],
    [404, { ignored: 1 }],
    [429, { ignored: 1 }],
    [408, { failure: 1 }],
    [529, { failure: 1 }],
  ])('hands on an answer with status %i, and counts %j', async (status, counted) => {
    const response = new Response(null, { status });
    const { send, calls, asked } = setUp(async () => response);
    const init = { method: 'POST', body: '{}', headers: { a: 'b' } };
    expect(await send(url, init)).toBe(response);
    expect(asked.mock.calls[0]).toEqual([url, { ...init, signal: expect.any(AbortSignal) }]);
    expect(calls()).toEqual({ ...none, ...counted });
  });

  it('tells of a bad key', async () => {
    const { send, circuit } = setUp(async () => new Response(null, { status: 401 }));
    const alerted = vi.fn();
    circuit.events.on('alert', alerted);
    await send(url);
    expect(alerted).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ circuit: 'model', problem: 'unauthorized' }),
    );
  });

  it('lets the circuit stay open for as long as the upstream asks', async () => {
    const headers = { 'retry-after': '120' };
    const { send, circuit } = setUp(async () => new Response(null, { status: 503, headers }), { failureThreshold: 1 });
    await send(url);
    expect(circuit.retryAfterMs).toBeGreaterThan(100_000);
  });

  it('throws what `fetch` throws, a failure', async () => {
    const error = new TypeError('fetch failed');
    const { send, calls } = setUp(() => Promise.reject(error));
    await expect(send(url)).rejects.toBe(error);
    expect(calls()).toEqual({ ...none, failure: 1 });
  });

  it('answers 503 while the circuit refuses, which says that it is no use to try again', async () => {
    const { send, circuit, calls, asked } = setUp(async () => new Response(null, { status: 500 }), {
      failureThreshold: 1,
    });
    await send(url);
    const response = await send(url);
    expect(asked).toHaveBeenCalledOnce();
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([503, 'false']);
    expect(Number(response.headers.get('retry-after'))).toBe(Math.ceil(circuit.retryAfterMs! / 1_000));
    expect(await response.json()).toEqual({
      error: {
        message: expect.stringContaining('The circuit `model` is open'),
        type: 'brownout_refused',
        code: 'circuit_open',
        param: null,
        circuit: 'model',
      },
    });
    expect(calls()).toEqual({ ...none, failure: 1, refused: 1 });
  });

  it('counts nothing when a request is aborted', async () => {
    const { send, calls } = setUp(hanging, { classify: undefined });
    const abort = new AbortController();
    const sent = send(url, { signal: abort.signal });
    abort.abort();
    await expect(sent).rejects.toThrow('aborted');
    expect(calls()).toEqual({ ...none, ignored: 1 });
  });

  describe('follows the body', () => {
    const cut = new TypeError('terminated');
    const body = (end: (controller: ReadableStreamDefaultController) => void) =>
      new ReadableStream(
        {
          start: (controller) => controller.enqueue(Buffer.from('{"a":')),
          pull: end,
        },
        { highWaterMark: 0 },
      );
    const answering = (end: (controller: ReadableStreamDefaultController) => void, options?: object) =>
      setUp(async () => new Response(body(end), { statusText: 'Fine', headers: { 'x-request-id': '7' } }), options);
    const whole = (controller: ReadableStreamDefaultController) => {
      controller.enqueue(Buffer.from('1}'));
      controller.close();
    };

    it('to its end, until which the call lasts', async () => {
      const { send, calls, circuit } = answering(whole);
      const response = await send(url);
      expect(circuit.inFlight).toBe(1);
      expect([response.status, response.statusText, response.headers.get('x-request-id')]).toEqual([200, 'Fine', '7']);
      expect(calls()).toEqual(none);
      expect(await response.json()).toEqual({ a: 1 });
      expect(calls()).toEqual({ ...none, success: 1 });
      expect(circuit.inFlight).toBe(0);
    });

    it.each([{}, { timeoutMs: 60_000 }])('that breaks off, a failure (%j)', async (options) => {
      const { send, calls } = answering((controller) => controller.error(cut), options);
      const response = await send(url);
      await expect(response.text()).rejects.toBe(cut);
      expect(calls()).toEqual({ ...none, failure: 1 });
    });

    it.each([{}, { timeoutMs: 60_000 }])('that its reader aborts, which counts for nothing (%j)', async (options) => {
      const abort = new AbortController();
      const { send, calls } = answering(
        (controller) => {
          abort.abort();
          controller.error(abort.signal.reason);
        },
        { ...options, classify: undefined },
      );
      const response = await send(url, { signal: abort.signal });
      await expect(response.text()).rejects.toThrow('aborted');
      expect(calls()).toEqual({ ...none, ignored: 1 });
    });

    it('that its reader has had enough of, a success, and one of whose reader has left', async () => {
      const { send, calls } = answering(whole);
      await (await send(url)).body!.cancel();
      expect(calls()).toEqual({ ...none, success: 1 });
      const abort = new AbortController();
      const left = await send(url, { signal: abort.signal });
      abort.abort();
      await left.body!.cancel();
      expect(calls()).toEqual({ ...none, success: 1, ignored: 1 });
    });

    it('that nobody reads no longer than the lease of a probe', async () => {
      let now = 0;
      const clock = { now: () => now, wall: () => now };
      const { send, circuit } = answering(whole, { clock, resetTimeoutMs: 10, probeLeaseMs: 1_000 });
      for (let at = 0; at < 5; at++) await circuit.run(() => Promise.reject(cut)).catch(() => {});
      now = 20;
      const unread = await send(url);
      expect([unread.status, circuit.state]).toEqual([200, 'half_open']);
      expect((await send(url)).status).toBe(503);
      for (let at = 0; at < 4; at++) {
        now += 2_000;
        await (await send(url)).text();
      }
      expect(circuit.state).toBe('closed');
    });
  });

  it('ends at the deadline of the circuit', async () => {
    const { send, calls, asked } = setUp(hanging, { timeoutMs: 20 });
    await expect(send(url)).rejects.toThrow(DeadlineError);
    expect(asked.mock.calls[0]![1]!.signal!.aborted).toBe(true);
    expect(calls()).toEqual({ ...none, failure: 1 });
  });
});
