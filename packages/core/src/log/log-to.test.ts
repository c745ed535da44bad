import { AsyncLocalStorage } from 'node:async_hooks';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { brownout, createBrownout } from '../brownout.ts';
import { OptionsError } from '../errors.ts';
import type { BrownoutEvents } from '../events.ts';
import { type LogOptions, logTo } from './log-to.ts';

const clock = { now: () => Date.now(), wall: () => Date.now() };
const at = 1;

/** A logger that keeps its lines, and a set of circuits that is logged to it. */
function start(options: LogOptions = {}) {
  const lines: string[] = [];
  const logger = {
    info: (line: string) => void lines.push(`info ${line}`),
    warn: (line: string) => void lines.push(`warn ${line}`),
    error: (line: string) => void lines.push(`error ${line}`),
  };
  const set = createBrownout({ clock, failureThreshold: 1, jitter: 0 });
  const stop = logTo(logger, { brownout: set, ...options });
  const degrade = (circuit = 'a', more: Partial<BrownoutEvents['degraded']> = {}) => {
    const usual = { reason: 'circuit_open', level: 'unavailable', status: 503, durationMs: 1 } as const;
    set.events.emit('degraded', { circuit, at, ...usual, ...more });
  };
  return { lines, logger, set, stop, degrade, said: () => lines.splice(0) };
}

/** How many events a line stands for. */
const timesOf = (line: string) => Number(/\((\d+) times\)/.exec(line)?.[1] ?? 1);

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('logTo', () => {
  it('tells each transition and change by hand in a line, as a warning', async () => {
    const { set, said } = start();
    const circuit = set.circuit('POST /ask', { resetTimeoutMs: 1_500, successThreshold: 1 });
    const down = () => circuit.run(() => Promise.reject(new Error('down'))).catch(() => {});
    await down();
    vi.setSystemTime(2_000);
    await down();
    vi.setSystemTime(6_000);
    await circuit.run(async () => 1);
    circuit.forceOpen('deploy');
    circuit.clearOverride();
    await down();
    circuit.forceClose('mended');
    circuit.reset();
    expect(said()).toEqual([
      'warn brownout: circuit `POST /ask` tripped (streak), open for 1.5 s',
      'warn brownout: circuit `POST /ask` is half-open',
      'warn brownout: circuit `POST /ask` opened again, for 3 s',
      'warn brownout: circuit `POST /ask` is half-open',
      'warn brownout: circuit `POST /ask` closed',
      'warn brownout: circuit `POST /ask` went from enforce to forced_open: deploy',
      'warn brownout: circuit `POST /ask` went from forced_open to enforce',
      expect.stringContaining(' tripped (streak), open for '),
      'warn brownout: circuit `POST /ask` closed by hand: mended',
      'warn brownout: circuit `POST /ask` was reset',
    ]);
  });

  it('tells what fails beside the circuits as a warning, and what somebody must mend as an error', () => {
    const { set, said } = start();
    const error = Object.assign(new TypeError('no'), { code: 'ERR_X' });
    set.events.emit('would_trip', { circuit: 'a', at, rule: 'rate' });
    set.events.emit('tier_failed', { circuit: 'a', at, level: 'excerpts', error });
    set.events.emit('alert', { circuit: 'a', at, problem: 'unauthorized', error: new Error('') });
    set.events.emit('store_failed', { at, operation: 'get', error: 'a string' });
    set.events.emit('store_recovered', { at });
    set.events.emit('persist_failed', { at, operation: 'read', file: '/f', setAside: '/f.corrupt-1', error: {} });
    set.events.emit('persist_recovered', { at, file: '/f' });
    set.events.emit('option_failed', {
      at,
      option: 'key',
      error: Object.assign(new Error('x'), { cause: { code: 7 } }),
    });
    expect(said()).toEqual([
      'warn brownout: circuit `a` would have tripped (rate), but for shadow mode',
      'warn brownout: circuit `a`: the tier excerpts failed: TypeError ERR_X: no',
      'error brownout: circuit `a` needs somebody to act (unauthorized): Error',
      'warn brownout: the store of answers fails (get): string: a string',
      'warn brownout: the store of answers works again',
      'warn brownout: cannot read `/f`, it is `/f.corrupt-1` now: object',
      'warn brownout: `/f` is written again',
      'warn brownout: the option `key` failed: Error 7: x',
    ]);
  });

  it('tells the first degraded answer of each circuit, reason and level at once, and then how many more there were', () => {
    const { degrade, said } = start();
    for (let n = 0; n < 100; n++) degrade();
    degrade('b');
    degrade('a', { reason: 'timeout', durationMs: 9 });
    degrade('a', { level: 'l1_cache', status: 200, ageMs: 90_000 });
    expect(said()).toEqual([
      'info brownout: circuit `a` degraded (circuit_open): unavailable answered 503',
      'info brownout: circuit `b` degraded (circuit_open): unavailable answered 503',
      'info brownout: circuit `a` degraded (timeout): unavailable answered 503',
      'info brownout: circuit `a` degraded (circuit_open): l1_cache answered 200, 90 s old',
    ]);
    vi.advanceTimersByTime(29_999);
    expect(said()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said()).toEqual(['info brownout: circuit `a` degraded (circuit_open): unavailable answered 503 (99 times)']);
    degrade();
    vi.advanceTimersByTime(30_000);
    expect(said()).toEqual(['info brownout: circuit `a` degraded (circuit_open): unavailable answered 503']);
    vi.advanceTimersByTime(30_000);
    degrade();
    expect(said()).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('needs no timer for that: the next event will do', () => {
    const { degrade, said } = start({ everyMs: 1_000 });
    for (let n = 0; n < 3; n++) degrade();
    vi.setSystemTime(1_000);
    degrade('b');
    expect(said().map(timesOf)).toEqual([1, 2, 1]);
  });

  it('makes no flood of an outage, hides no transition in it, and accounts for everything', () => {
    const { degrade, set, said } = start({ linesPerMinute: 60 });
    for (let n = 0; n < 10_000; n++) degrade(`tenant:${n % 500}`);
    set.circuit('late').forceOpen();
    set.events.emit('alert', { circuit: 'late', at, problem: 'insufficient_quota', error: new Error('pay') });
    const atOnce = said();
    expect(atOnce.length).toBeLessThanOrEqual(33);
    expect(atOnce.slice(-2).map((line) => line.split(' ', 1)[0])).toEqual(['warn', 'error']);
    const later: string[] = [];
    for (let s = 0; s < 600; s++) {
      vi.advanceTimersByTime(1_000);
      later.push(...said());
    }
    const leftOut = later.filter((line) => line.includes('left out'));
    expect(leftOut.length).toBeGreaterThan(0);
    const counted = [...atOnce, ...later].filter((line) => line.includes('degraded (')).map(timesOf);
    const notTold = leftOut.map((line) => Number(/: (\d+) degraded$/.exec(line)![1]));
    expect([...counted, ...notTold].reduce((sum, n) => sum + n, 0)).toBe(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps room for alerts in a flood of warnings', () => {
    const { set, said } = start({ linesPerMinute: 20 });
    for (let n = 0; n < 1_000; n++) set.events.emit('half_opened', { circuit: `c${n}`, at });
    set.events.emit('alert', { circuit: 'a', at, problem: 'unauthorized', error: new Error('no') });
    expect(said().filter((line) => line.startsWith('error'))).toHaveLength(1);
    vi.advanceTimersByTime(30_000);
    expect(said()).toEqual([
      expect.stringMatching(/^warn brownout: left out, for more than 20 lines a minute: 9\d\d half_opened$/),
    ]);
  });

  it('lets nobody write a line of their own, or reach the terminal', () => {
    const { set, degrade, said } = start();
    const evil = 'a\r\n\u001b[31m\u009b1m\u2028\u202e\0\ud800';
    const error = Object.assign(new Error(evil), { name: evil, code: evil });
    degrade(`x${evil}`, { level: evil as never });
    set.circuit(`y${evil.toWellFormed()}`).forceOpen(evil);
    set.events.emit('tier_failed', { circuit: evil, at, level: evil as never, error });
    set.events.emit('alert', { circuit: evil, at, problem: 'unauthorized', error: evil });
    set.events.emit('persist_failed', { at, operation: 'read', file: evil, setAside: evil, error });
    set.events.emit('persist_recovered', { at, file: evil });
    set.events.emit('option_failed', { at, option: evil, error });
    const lines = said();
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  it('tells little of what a message says, and nothing of what else hangs on an error', () => {
    const { set, said } = start();
    const error = Object.assign(new Error(`${'x'.repeat(500)} the prompt`), { request: { body: 'the prompt' } });
    set.events.emit('option_failed', { at, option: 'key', error });
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    set.events.emit('option_failed', { at, option: 'scope', error: hostile });
    expect(said()).toEqual([
      `warn brownout: the option \`key\` failed: Error: ${'x'.repeat(199)}…`,
      'warn brownout: the option `scope` failed: unknown',
    ]);
  });

  it('tells the frames of a stack, and nothing of a message that was made shorter later', () => {
    const { set, logger } = start();
    const told: unknown[] = [];
    logTo({ ...logger, warn: (object: unknown) => void told.push(object) }, { brownout: set, style: 'pino' });
    const frames = [
      '    at Object.ask [as run] (file:///shop/ask.js:7:13)',
      '    at async file:///shop/a b.js:1:1',
      '    at new Promise (<anonymous>)',
      '    at async Promise.all (index 0)',
    ];
    const error = Object.assign(new Error('400'), {
      stack: ['Error: 400', '    at home I feel ill', ' at work (too)', ...frames].join('\n'),
    });
    set.events.emit('option_failed', { at, option: 'key', error });
    expect(told).toMatchObject([{ err: { stack: ['Error: 400', ...frames].join('\n') } }]);
  });

  it('tells what was only counted when it is taken away, and nothing after that', () => {
    const { stop, degrade, said } = start();
    for (let n = 0; n < 5; n++) degrade();
    stop();
    expect(said().map(timesOf)).toEqual([1, 4]);
    degrade();
    stop();
    expect(said()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('listens to nothing that a healthy request makes', () => {
    const { set, stop } = start();
    const wanted = () =>
      (['settled', 'refused', 'provided', 'tripped'] as const).filter((name) => set.events.wanted(name));
    expect(wanted()).toEqual(['tripped']);
    stop();
    expect(wanted()).toEqual([]);
  });

  it('tells of others than the request that happens to come, in the context of none', () => {
    const storage = new AsyncLocalStorage<string>();
    const { logger, degrade } = start({ everyMs: 1_000 });
    const seen: unknown[] = [];
    logger.info = (line) => void seen.push([timesOf(line), storage.getStore()]);
    storage.run('one', () => {
      degrade();
      degrade();
      degrade();
    });
    vi.setSystemTime(1_000);
    storage.run('two', () => degrade('b'));
    storage.run('three', () => degrade('b'));
    storage.run('three', () => degrade('b'));
    vi.advanceTimersByTime(1_000);
    expect(seen).toEqual([
      [1, 'one'],
      [2, undefined],
      [1, 'two'],
      [2, undefined],
    ]);
  });

  describe('with a logger that fails', () => {
    it.each<[string, (logger: ReturnType<typeof start>['logger'], fail: () => void) => void]>([
      [
        'throws',
        (logger, fail) => {
          logger.info = () => {
            fail();
            throw new Error('disk\nfull');
          };
        },
      ],
      [
        'rejects',
        (logger, fail) => {
          logger.info = (async () => {
            fail();
            throw new Error('disk\nfull');
          }) as never;
        },
      ],
      [
        'has lost a method',
        (logger, fail) => {
          Object.defineProperty(logger, 'info', { get: fail });
        },
      ],
    ])('that %s, calls it no more, and says so once', async (_, breakIt) => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const { logger, set, stop, degrade, lines } = start();
      const called = vi.fn();
      breakIt(logger, called);
      degrade();
      degrade();
      await Promise.resolve();
      await Promise.resolve();
      for (let n = 0; n < 10; n++) degrade(`c${n}`);
      set.circuit('a').forceOpen();
      vi.advanceTimersByTime(60_000);
      stop();
      expect(called).toHaveBeenCalledOnce();
      expect(lines).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
      expect(warned.mock.calls).toEqual([
        [
          expect.stringMatching(/^The logger given to `logTo` failed, and is called no more: /),
          { type: 'BrownoutWarning', code: 'BROWNOUT_LOGGER' },
        ],
      ]);
      expect(warned.mock.calls[0]![0]).not.toContain('\n');
    });
  });

  it('logs the set of the process where no other is given', () => {
    const { logger, said } = start();
    const stop = logTo(logger);
    brownout.events.emit('store_recovered', { at });
    stop();
    expect(said()).toEqual(['warn brownout: the store of answers works again']);
  });

  it('refuses what is no logger, and bad options', () => {
    const logger = { info() {}, warn() {}, error() {} };
    expect(() => logTo(undefined as never)).toThrow(OptionsError);
    expect(() => logTo({ info() {}, error() {} } as never)).toThrow('the functions `info`, `warn` and `error`');
    expect(() => logTo(logger, { style: 'json' as never })).toThrow('`style`');
    expect(() => logTo(logger, { everyMs: 0 })).toThrow('`everyMs`');
    expect(() => logTo(logger, { linesPerMinute: 0 })).toThrow('`linesPerMinute`');
    expect(() => logTo(logger, { brownout: {} as never })).toThrow('`brownout`');
    expect(() => logTo(logger, { lines: 1 } as never)).toThrow('has no option `lines`');
  });
});
