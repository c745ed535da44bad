import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBrownout } from './brownout.ts';
import { CircuitOpenError, DeadlineError, OptionsError, RateLimitedError } from './errors.ts';
import { Failover, type FailoverOptions, failover, type Provider } from './failover.ts';

const clock = { now: () => Date.now(), wall: () => Date.now() };

/** Providers by name, each with what it does; `asked` notes who was. */
function providersOf(script: Record<string, (signal: AbortSignal) => unknown>, options: FailoverOptions = {}) {
  const asked: string[] = [];
  const brownout = createBrownout({ clock, failureThreshold: 2, resetTimeoutMs: 10_000, jitter: 0 });
  const providers = Object.entries(script).map(
    ([name, answer]): Provider<string, unknown> => ({
      name,
      run: async (question, { signal }) => {
        asked.push(name);
        return [question, await answer(signal)];
      },
    }),
  );
  return { asked, brownout, ask: failover(providers, { brownout, ...options }) };
}

const down = () => {
  throw new Error('down');
};
const status = (code: number) => () => {
  throw Object.assign(new Error(`status ${code}`), { status: code });
};
const hangs = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe('failover', () => {
  it('answers by the first, and says who it was', async () => {
    const { ask, asked } = providersOf({ a: () => 1, b: () => 2 });
    expect(await ask.run('why')).toEqual({ value: ['why', 1], provider: 'a' });
    expect(asked).toEqual(['a']);
  });

  it('asks the next when one fails, and tells listeners who answered', async () => {
    const { ask, asked, brownout } = providersOf({ a: down, b: status(503), c: () => 3 });
    const provided = vi.fn();
    brownout.on('provided', provided);
    expect(await ask.run('why')).toMatchObject({ provider: 'c' });
    expect(asked).toEqual(['a', 'b', 'c']);
    expect(provided).toHaveBeenCalledWith({ circuit: 'c', at: 0, provider: 'c', passedOver: 2 });
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ failure: 1 });
  });

  it('skips those that are open, without asking them', async () => {
    const { ask, asked, brownout } = providersOf({ a: down, b: () => 2 });
    for (let n = 0; n < 4; n++) await ask.run('why');
    expect(asked).toEqual(['a', 'b', 'a', 'b', 'b', 'b']);
    expect(brownout.circuit('a').state).toBe('open');
  });

  it('lets a probe through when one is due', async () => {
    const { ask, asked } = providersOf({ a: down, b: down });
    for (let n = 0; n < 3; n++) await ask.run('why').catch(() => {});
    asked.length = 0;
    await vi.advanceTimersByTimeAsync(10_000);
    await ask.run('why').catch(() => {});
    expect(asked).toEqual(['a', 'b']);
  });

  it('refuses at once when all are open, with the time of the one that probes first', async () => {
    const { ask, asked, brownout } = providersOf({ a: () => 1, b: down });
    for (let n = 0; n < 2; n++)
      await brownout
        .circuit('b')
        .run(down)
        .catch(() => {});
    await vi.advanceTimersByTimeAsync(3_000);
    brownout.circuit('a').forceOpen();
    const error = await ask.run('why').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ circuit: 'b', retryAfterMs: 7_000 });
    expect(asked).toEqual([]);
  });

  it('throws what the last one failed with', async () => {
    const { ask } = providersOf({ a: down, b: status(500) });
    await expect(ask.run('why')).rejects.toThrow('status 500');
  });

  it.each([400, 404, 422])('throws a %i at once: none could do better', async (code) => {
    const { ask, asked } = providersOf({ a: status(code), b: () => 2 });
    await expect(ask.run('why')).rejects.toThrow(`status ${code}`);
    expect(asked).toEqual(['a']);
  });

  it('asks the next where the model is gone', async () => {
    const gone = () => {
      throw Object.assign(new Error('no such model'), { status: 404, code: 'model_not_found' });
    };
    const { ask } = providersOf({ a: gone, b: () => 2 });
    expect(await ask.run('why')).toMatchObject({ provider: 'b' });
  });

  it.each([401, 403, 408, 429, 500, 529])('asks the next after a %i', async (code) => {
    const { ask } = providersOf({ a: status(code), b: () => 2 });
    expect(await ask.run('why')).toMatchObject({ provider: 'b' });
  });

  it('leaves one alone that is rate limited, for as long as it says', async () => {
    const limited = (seconds: number) => () => {
      throw Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': seconds } });
    };
    const { ask, asked } = providersOf({ a: limited(20), b: () => 2 });
    await ask.run('why');
    await vi.advanceTimersByTimeAsync(19_999);
    await ask.run('why');
    expect(asked).toEqual(['a', 'b', 'b']);
    await vi.advanceTimersByTimeAsync(1);
    await ask.run('why');
    expect(asked).toEqual(['a', 'b', 'b', 'a', 'b']);

    const all = providersOf({ a: limited(20), b: limited(86_400) });
    await all.ask.run('why').catch(() => {});
    await vi.advanceTimersByTimeAsync(5_000);
    const error = await all.ask.run('why').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ circuit: 'a', reason: 'rate_limited', retryAfterMs: 15_000 });
    expect(all.asked).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(295_000);
    await all.ask.run('why').catch(() => {});
    expect(all.asked).toEqual(['a', 'b', 'a', 'b']);
  });

  it('says when the first may be asked, of those that are open and those that are rate limited', async () => {
    const { ask, brownout } = providersOf({
      a: () => {
        throw Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': 20 } });
      },
      b: down,
    });
    for (let n = 0; n < 2; n++) await ask.run('why').catch(() => {});
    expect(brownout.circuit('b').state).toBe('open');
    await expect(ask.run('why')).rejects.toMatchObject({ circuit: 'b', retryAfterMs: 10_000 });
    brownout.circuit('b').forceOpen();
    await expect(ask.run('why')).rejects.toMatchObject({ circuit: 'a', retryAfterMs: 20_000 });
  });

  it('keeps to the shorter of its own deadline and the caller’s', async () => {
    for (const [own, given] of [
      [500, 8_000],
      [8_000, 500],
    ] as const) {
      const { ask } = providersOf({ a: hangs }, { timeoutMs: own });
      const result = ask.run('why', { timeoutMs: given }).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(500);
      expect(await result).toBeInstanceOf(DeadlineError);
    }
  });

  it('asks `next`, and takes what it throws for a yes', async () => {
    const { ask, brownout } = providersOf(
      { a: status(400), b: () => 2 },
      {
        next: () => {
          throw new Error('of the user');
        },
      },
    );
    const failed = vi.fn();
    brownout.on('option_failed', failed);
    expect(await ask.run('why')).toMatchObject({ provider: 'b' });
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ option: 'next' }));
  });

  it('gives one that hangs half of the time that is left, and the last all of it', async () => {
    const { ask, asked, brownout } = providersOf({ a: hangs, b: hangs, c: hangs }, { timeoutMs: 8_000 });
    const result = ask.run('why').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(asked).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toEqual(['a', 'b', 'c']);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await result).toBeInstanceOf(DeadlineError);
    for (const name of 'abc') expect(brownout.circuit(name).metrics().calls).toMatchObject({ failure: 1 });
  });

  it('blames nobody for a deadline that others had used up', async () => {
    const { ask, asked, brownout } = providersOf({ a: hangs, b: hangs, c: hangs }, { timeoutMs: 20_000 });
    const result = ask.run('why', { timeoutMs: 3_000 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await result).toBeInstanceOf(DeadlineError);
    expect(asked).toEqual(['a', 'b', 'c']);
    const counted = ['a', 'b', 'c'].map((name) => brownout.circuit(name).metrics().calls);
    expect(counted.map(({ failure, ignored }) => [failure, ignored])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  it.each<[string, FailoverOptions, object, number]>([
    ['its own deadline is short', { timeoutMs: 400 }, {}, 1],
    ['the caller’s is, which is all that it has', {}, { timeoutMs: 400 }, 1],
    ['the whole of the route’s is', {}, { timeoutMs: 380, wholeMs: 400 }, 1],
    ['most of the route’s is used up', {}, { timeoutMs: 400, wholeMs: 20_000 }, 0],
    ['most of its own is', { timeoutMs: 20_000 }, { timeoutMs: 400 }, 0],
    ['`leastMs` says so', { timeoutMs: 20_000, leastMs: 200 }, { timeoutMs: 400 }, 1],
    ['it has had the deadline of its circuit', { timeoutMs: 20_000 }, { timeoutMs: 400, ownMs: 100 }, 1],
  ])(
    'blames the first for a short deadline or not: %s',
    async (_, options, { ownMs = 0, ...given }: { ownMs?: number }, failures) => {
      const { ask, brownout } = providersOf({ a: hangs, b: () => 2 }, options);
      brownout.update('a', { timeoutMs: ownMs });
      const result = ask.run('why', given);
      await vi.advanceTimersByTimeAsync(400);
      expect(await result).toMatchObject({ provider: 'b' });
      expect(brownout.circuit('a').metrics().calls).toMatchObject({ failure: failures, ignored: 1 - failures });
    },
  );

  it('stops when the caller leaves, and counts nothing', async () => {
    const { ask, asked, brownout } = providersOf({ a: hangs, b: () => 2 });
    const controller = new AbortController();
    const result = ask.run('why', { signal: controller.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    controller.abort();
    expect(await result).toBe(controller.signal.reason);
    expect(asked).toEqual(['a']);
    expect(brownout.circuit('a').metrics().calls).toMatchObject({ failure: 0, ignored: 1 });
  });

  it('shares circuits by name, and takes one that is made', () => {
    const brownout = createBrownout();
    const run = () => 1;
    const made = brownout.circuit('made', { timeoutMs: 5 });
    const ask = failover(
      [
        { name: 'a', run, circuit: made },
        { name: 'b', run, circuit: 'shared' },
      ],
      { brownout },
    );
    expect(ask).toBeInstanceOf(Failover);
    expect(ask.names).toEqual(['a', 'b']);
    expect([...brownout.circuits.keys()]).toEqual(['made', 'shared']);
  });

  it.each<[string, () => unknown, string]>([
    ['no provider', () => failover([]), '`providers`'],
    ['one without a name', () => failover([{ run: () => 1 } as never]), '`name`'],
    ['one that cannot be asked', () => failover([{ name: 'a' } as never]), '`run`'],
    [
      'two of one name',
      () =>
        failover(
          [
            { name: 'a', run: () => 1 },
            { name: 'a', run: () => 2 },
          ],
          own(),
        ),
      'a `name` of its own',
    ],
    ['an unknown option', () => failover([{ name: 'a', run: () => 1 }], { timeout: 3 } as never), '`timeoutMs`'],
    [
      'an option of a circuit',
      () => failover([{ name: 'a', run: () => 1 }], { ...own(), failureThreshold: 0 }),
      '`failureThreshold`',
    ],
  ])('refuses %s', (_, make, said) => {
    expect(make).toThrow(OptionsError);
    expect(make).toThrow(said);
  });
});

const own = () => ({ brownout: createBrownout() });
