import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Circuit } from '../circuit/circuit.ts';
import type { CircuitOptions } from '../circuit/circuit-options.ts';
import { JobDesk } from './job-desk.ts';

const clock = { now: () => Date.now(), wall: () => Date.now() };
const down = () => Promise.reject(new Error('down'));

function deskWith(work: (data: string, signal: AbortSignal) => Promise<string>, options: CircuitOptions = {}) {
  const circuit = new Circuit('llm', {
    clock,
    failureThreshold: 3,
    failureRateThreshold: false,
    resetTimeoutMs: 10_000,
    jitter: 0,
    ...options,
  });
  const desk = new JobDesk(
    { maxJobs: 200, maxPerScope: 200, maxAgeMs: 600_000 },
    {
      maxConcurrent: 4,
      timeoutMs: 5_000,
      maxFailures: 3,
      run: async ({ data }, signal) => JSON.parse(await work(data, signal)),
    },
  );
  const add = (data: string) => desk.add({ scope: '"a"', data, idempotencyKey: undefined }, circuit)!;
  return { circuit, desk, add };
}

/** Work that takes a second, and how much of it there was at once. */
function slowWork() {
  const seen = { running: 0, most: 0, done: [] as string[] };
  const work = async (data: string) => {
    seen.most = Math.max(seen.most, ++seen.running);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    seen.running--;
    seen.done.push(data);
    return data;
  };
  return { seen, work };
}

const trip = async (circuit: Circuit) => {
  for (let n = 0; n < 3; n++) await circuit.run(down).catch(() => {});
};

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe('Drain', () => {
  it('does nothing while the circuit is open, and all in order once live requests have closed it', async () => {
    const { seen, work } = slowWork();
    const { circuit, add } = deskWith(work, { successThreshold: 1 });
    await trip(circuit);
    for (const data of ['1', '2', '3']) add(data);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(seen.done).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await circuit.run(async () => 'live');
    expect(circuit.state).toBe('closed');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(seen.done).toEqual(['1', '2', '3']);
    expect(circuit.metrics().calls).toMatchObject({ success: 4, failure: 3 });
  });

  it('does jobs in the context of no request: not of that which put them off, nor of that which closed the circuit', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const work = async (data: string) => {
      seen.push([data, storage.getStore()]);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      seen.push([`${data}, later`, storage.getStore()]);
      return data;
    };
    const { circuit, add } = deskWith(work, { successThreshold: 1 });
    storage.run('puts off at once', () => add('1'));
    await vi.advanceTimersByTimeAsync(1_000);
    await trip(circuit);
    storage.run('puts off', () => add('2'));
    storage.run('puts off, too', () => add('3'));
    await vi.advanceTimersByTimeAsync(10_000);
    await storage.run('closes', () => circuit.run(async () => 'live'));
    await vi.advanceTimersByTimeAsync(2_000);
    await trip(circuit);
    storage.run('sets a timer', () => add('4'));
    await vi.advanceTimersByTimeAsync(20_000);
    const of = (data: string) => [
      [data, undefined],
      [`${data}, later`, undefined],
    ];
    expect(seen).toEqual(['1', '2', '3', '4'].flatMap(of));
  });

  it('probes by itself where no live request comes', async () => {
    const { seen, work } = slowWork();
    const { circuit, add } = deskWith(work);
    await trip(circuit);
    add('1');
    add('2');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(seen).toMatchObject({ most: 1, done: ['1', '2'] });
    expect(circuit.state).toBe('closed');
  });

  it('begins with one, and adds slowly up to the limit', async () => {
    const { seen, work } = slowWork();
    const { add } = deskWith(work);
    for (let n = 0; n < 120; n++) add('1');
    const most: number[] = [];
    for (let s = 0; s < 30; s++) {
      await vi.advanceTimersByTimeAsync(1_000);
      most.push(seen.running);
    }
    expect(most.slice(0, 3)).toEqual([1, 1, 1]);
    expect(Math.max(...most)).toBe(4);
    for (let at = 1; at < most.length; at++) expect(most[at]! - most[at - 1]!).toBeLessThanOrEqual(1);
  });

  it('halves and pauses when anything fails, live requests too', async () => {
    const { seen, work } = slowWork();
    const { circuit, add } = deskWith(work);
    for (let n = 0; n < 150; n++) add('1');
    await vi.advanceTimersByTimeAsync(26_000);
    expect(seen.running).toBe(4);
    await circuit.run(down).catch(() => {});
    await vi.advanceTimersByTimeAsync(1_500);
    expect(seen.running).toBe(0);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(seen.running).toBeLessThanOrEqual(2);
    expect(seen.running).toBeGreaterThan(0);
  });

  it('tries a job that failed again, and gives it up after three times', async () => {
    let calls = 0;
    const { desk, add, circuit } = deskWith(
      () => {
        calls++;
        return down();
      },
      { failureThreshold: false },
    );
    const { id } = add('1');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toBe(3);
    expect(desk.find(id, '"a"')).toMatchObject({ status: 'failed', failures: 3 });
    expect(circuit.inFlight).toBe(0);
  });

  it('gives a job up at once that is refused as malformed', async () => {
    const { desk, add } = deskWith(() => Promise.reject(Object.assign(new Error('bad'), { status: 400 })));
    const { id } = add('1');
    await vi.advanceTimersByTimeAsync(1);
    expect(desk.find(id, '"a"')!.status).toBe('failed');
  });

  it('waits for as long as a rate limit says, and does not count it against the job', async () => {
    const limited = () =>
      Promise.reject(Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': '20' } }));
    let calls = 0;
    const { desk, add } = deskWith((data) => (calls++ === 0 ? limited() : Promise.resolve(data)));
    const { id } = add('"x"');
    await vi.advanceTimersByTimeAsync(19_000);
    expect(calls).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(desk.find(id, '"a"')).toMatchObject({ status: 'done', failures: 0, result: '"x"' });
  });

  it('stops a job that takes too long, and one that is cancelled', async () => {
    const aborted: unknown[] = [];
    const { desk, add } = deskWith(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    );
    const first = add('1');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(first).toMatchObject({ status: 'queued', failures: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(first.status).toBe('running');
    expect(desk.cancel(first.id, '"a"')).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(first.status).toBe('cancelled');
    expect(aborted).toHaveLength(2);
  });

  it('waits as long as a timer can, where an upstream asks for longer', async () => {
    let calls = 0;
    const set = vi.spyOn(globalThis, 'setTimeout');
    const limited = Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': 86_400 * 365 } });
    const { add } = deskWith(() => {
      calls++;
      return Promise.reject(limited);
    });
    add('1');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toBe(1);
    for (const [, ms] of set.mock.calls) expect(ms).toBeLessThan(2 ** 31);
    set.mockRestore();
  });

  it.each([0, 1])('tries again what an inner circuit has counted, whoever else is busy: %i', async (others) => {
    const inner = new Circuit('inner', { clock });
    let calls = 0;
    const { desk, add } = deskWith((data) =>
      inner.run(async () => {
        if (++calls === 1) throw new Error('down');
        return data;
      }),
    );
    for (let n = 0; n < others; n++) inner.admit();
    const { id } = add('1');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(desk.find(id, '"a"')).toMatchObject({ status: 'done', failures: 1 });
  });

  it('tells of what a job failed with', async () => {
    const { circuit, add } = deskWith(down);
    const failed = vi.fn();
    circuit.events.on('tier_failed', failed);
    add('1');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failed).toHaveBeenCalledOnce();
    expect(failed).toHaveBeenCalledWith(
      expect.objectContaining({ circuit: 'llm', level: 'queued', error: new Error('down') }),
    );
  });

  it.each<[string, unknown]>([
    ['cannot be written as JSON', 1n],
    ['is a function', () => 1],
    ['is too large', 'x'.repeat(1_100_000)],
  ])('does not blame the circuit for a result that %s', async (_, result) => {
    const circuit = new Circuit('llm', { clock });
    const failed = vi.fn();
    circuit.events.on('tier_failed', failed);
    const limits = { maxJobs: 2, maxPerScope: 2, maxAgeMs: 600_000 };
    const desk = new JobDesk(limits, { maxConcurrent: 1, timeoutMs: 5_000, maxFailures: 3, run: () => result });
    const { id } = desk.add({ scope: 'a', data: '1', idempotencyKey: undefined }, circuit)!;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(desk.find(id, 'a')).toMatchObject({ status: 'failed' });
    expect(failed).toHaveBeenCalledOnce();
    expect(circuit.metrics().calls).toMatchObject({ success: 1, failure: 0 });
  });

  it('lets go of a circuit whose jobs are forgotten', async () => {
    const { desk, add, circuit } = deskWith(async (data) => data);
    add('1');
    await vi.advanceTimersByTimeAsync(0);
    const other = new Circuit('other', { clock });
    desk.add({ scope: '"a"', data: '2', idempotencyKey: undefined }, other);
    expect(circuit.events.wanted('closed')).toBe(true);
    await vi.advanceTimersByTimeAsync(1_200_000);
    desk.add({ scope: '"a"', data: '3', idempotencyKey: undefined }, new Circuit('third', { clock }));
    expect([circuit, other].map(({ events }) => events.wanted('closed'))).toEqual([false, false]);
  });
});
