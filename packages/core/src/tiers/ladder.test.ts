import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OptionsError } from '../errors.ts';
import { type BrownoutEvents, Events } from '../events.ts';
import { degradedReply } from '../replies/degraded-reply.ts';
import type { RequestView } from '../request-view.ts';
import { bareAnswer, type ClientLeft, Ladder, type LadderAnswer } from './ladder.ts';
import { replyProblem } from './reply-shape.ts';
import type { Tier, TierContext, TierReply, TierWatcher } from './tier.ts';
import { unavailable } from './unavailable.ts';

const request = { headers: {}, native: {} } as RequestView;
const context = { reason: 'circuit_open', circuit: 'openai', retryAfterMs: 5000 } as const;
const clock = { now: () => 0, wall: () => 1234 };

const tier = (name: string, answer: (context: TierContext) => unknown, timeoutMs?: number): Tier => ({
  name,
  ...(timeoutMs !== undefined && { timeoutMs }),
  answer: (_, told) => answer(told) as TierReply,
});
const none = tier('none', () => undefined);
const good = tier('good', () => ({ body: 'good' }));

let events: Events;
let failures: BrownoutEvents['tier_failed'][];
const climb = (tiers: readonly Tier[], left?: ClientLeft, watchers?: (TierWatcher | undefined)[]) =>
  new Ladder(tiers).climb(request, context, watchers, left, { events, clock });
const levelOf = (answer: unknown) => (answer as LadderAnswer).level;

beforeEach(() => {
  vi.useFakeTimers();
  events = new Events();
  failures = [];
  events.on('tier_failed', (event) => void failures.push(event));
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('Ladder', () => {
  it('answers from the first tier that has something', () => {
    expect(climb([none, good, tier('late', () => ({ body: 'late' }))])).toEqual({
      level: 'good',
      reply: { body: 'good' },
    });
    expect(failures).toEqual([]);
  });

  it('ends with `unavailable`, named or not', () => {
    expect(climb([])).toMatchObject({ level: 'unavailable', reply: { status: 503 } });
    expect(new Ladder([none]).tiers).toHaveLength(2);
    expect(new Ladder([none, unavailable()]).tiers).toHaveLength(2);
    expect(levelOf(climb([none, tier('unavailable', () => undefined)]))).toBe('unavailable');
  });

  it('takes the level that the reply names', () => {
    expect(levelOf(climb([tier('cache', () => ({ body: '', level: 'l2_cache' }))]))).toBe('l2_cache');
  });

  it('asks a tier through its watcher', () => {
    const watcher: TierWatcher = { maxBytes: 0, answer: ({ circuit }) => ({ body: `watched ${circuit}` }) };
    expect(climb([none, good], undefined, [undefined, watcher])).toMatchObject({ reply: { body: 'watched openai' } });
  });

  it('passes over what throws, and tells', () => {
    const error = new Error('broken');
    const broken = tier('broken', () => {
      throw error;
    });
    expect(levelOf(climb([broken, good]))).toBe('good');
    expect(failures).toEqual([{ circuit: 'openai', at: 1234, level: 'broken', error }]);
  });

  it('passes over what rejects, and tells', async () => {
    const error = new Error('rejected');
    expect(levelOf(await climb([tier('broken', () => Promise.reject(error)), good]))).toBe('good');
    expect(failures).toMatchObject([{ level: 'broken', error }]);
  });

  it('passes over what cannot be sent, and says what is wrong', async () => {
    const rubbish = [null, 7, 'text', {}, { body: 7 }, { body: [] }, { body: '', status: 42 }, { body: { n: 1n } }];
    for (const value of [...rubbish, { body: '', headers: { 'x-a': 'a\nb' } }]) {
      failures = [];
      expect(levelOf(climb([tier('odd', () => value), good]))).toBe('good');
      expect(levelOf(await climb([tier('odd', () => Promise.resolve(value)), good]))).toBe('good');
      expect(failures).toHaveLength(2);
      for (const { error } of failures) {
        expect(error).toMatchObject({ code: 'ERR_TIER', tier: 'odd' });
        expect(String(error)).toMatch(/^TierError: The tier `odd` failed: .+\.?$/);
      }
    }
  });

  it('passes over a reply that throws when it is read', () => {
    const evil = {
      get body() {
        throw new Error('evil');
      },
    };
    expect(levelOf(climb([tier('evil', () => evil), good]))).toBe('good');
    expect(failures).toHaveLength(1);
  });

  it('makes headers fit to be sent', () => {
    const answer = climb([tier('t', () => ({ headers: { 'X-A': '1', 'content-length': '3' }, body: '' }))]);
    expect((answer as LadderAnswer).reply.headers).toEqual({ 'x-a': '1' });
  });

  it('is synchronous, without a timer or a controller, as long as the tiers are', () => {
    const controllers = vi.spyOn(globalThis, 'AbortController');
    const left = vi.fn(() => undefined);
    expect(climb([none, good], left)).not.toBeInstanceOf(Promise);
    expect(controllers).not.toHaveBeenCalled();
    expect(left).not.toHaveBeenCalled();
    controllers.mockRestore();
  });

  it('waits for a promise', async () => {
    const slow = tier('slow', () => new Promise((resolve) => setTimeout(resolve, 900, { body: 'slow' })));
    const answer = climb([none, slow, good]);
    await vi.advanceTimersByTimeAsync(900);
    expect(levelOf(await answer)).toBe('slow');
  });

  it('waits for a thenable that is no promise, and survives one that throws', async () => {
    // biome-ignore lint/suspicious/noThenProperty: the thing under test
    const thenable = { then: (resolve: (reply: TierReply) => void) => resolve({ body: 'then' }) };
    expect(levelOf(await climb([tier('thenable', () => thenable)]))).toBe('thenable');
    const evil = {
      // biome-ignore lint/suspicious/noThenProperty: the thing under test
      then() {
        throw new Error('evil');
      },
    };
    expect(levelOf(await climb([tier('evil', () => evil), good]))).toBe('good');
    expect(failures).toMatchObject([{ level: 'evil' }]);
  });

  it('goes on after a second, and aborts the signal', async () => {
    let signal: AbortSignal | undefined;
    const silent = tier('silent', (told) => {
      signal = told.signal;
      return new Promise(() => {});
    });
    const answer = climb([silent, good]);
    await vi.advanceTimersByTimeAsync(999);
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal?.aborted).toBe(true);
    expect(levelOf(await answer)).toBe('good');
    expect(String(failures[0]?.error)).toBe('TierError: The tier `silent` failed: It gave no answer within 1000 ms.');
  });

  it("keeps each tier's own time limit", async () => {
    const silent = () => new Promise(() => {});
    const answer = climb([tier('a', silent, 50), tier('b', silent, 200), good]);
    await vi.advanceTimersByTimeAsync(50);
    expect(failures.map(({ level }) => level)).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(199);
    expect(failures).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(levelOf(await answer)).toBe('good');
  });

  it('does not take a limit beyond the range of timers for none', async () => {
    const slow = tier('slow', () => new Promise((resolve) => setTimeout(resolve, 5000, { body: '' })), 1e12);
    const answer = climb([slow, good]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(levelOf(await answer)).toBe('slow');
  });

  it('aborts the signal that a tier reads only after its time is over', async () => {
    let late: boolean | undefined;
    const slow = tier(
      'slow',
      async (told) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        late = told.signal.aborted;
      },
      50,
    );
    const answer = climb([slow, good]);
    await vi.advanceTimersByTimeAsync(100);
    await answer;
    expect(late).toBe(true);
  });

  it('swallows what a tier that lost does later', async () => {
    const rejects = tier('a', () => new Promise((_, reject) => setTimeout(reject, 80, new Error('late'))), 50);
    const answers = tier('b', () => new Promise((resolve) => setTimeout(resolve, 80, { body: 'late' })), 50);
    const answer = climb([rejects, answers, good]);
    await vi.advanceTimersByTimeAsync(200);
    expect(levelOf(await answer)).toBe('good');
    expect(failures.map(({ error }) => (error as Error).name)).toEqual(['TierError', 'TierError']);
  });

  it('does not abort the signal of the tier that answered', async () => {
    let signal: AbortSignal | undefined;
    const quick = tier('quick', async (told) => {
      signal = told.signal;
      return { body: '' };
    });
    const client = new AbortController();
    expect(levelOf(await climb([quick], client.signal))).toBe('quick');
    client.abort();
    await vi.advanceTimersByTimeAsync(2000);
    expect(signal?.aborted).toBe(false);
  });

  it('stops when the client leaves', async () => {
    const client = new AbortController();
    let signal: AbortSignal | undefined;
    const silent = tier('silent', (told) => {
      signal = told.signal;
      return new Promise(() => {});
    });
    const asked = vi.fn();
    const answer = climb([silent, tier('next', asked)], () => client.signal);
    const reason = new Error('left');
    client.abort(reason);
    expect(await answer).toBeUndefined();
    expect(signal?.reason).toBe(reason);
    expect(asked).not.toHaveBeenCalled();
    expect(failures).toEqual([]);
  });

  it('stops at once when the client has left already', async () => {
    const silent = tier('silent', () => new Promise(() => {}));
    expect(await climb([silent, good], AbortSignal.abort())).toBeUndefined();
  });

  it('leaves no listener on the signal of the client', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await climb([tier('a', async () => undefined), tier('b', async () => ({ body: '' }))], signal);
    await Promise.resolve();
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });

  it('gives each tier a signal of its own', () => {
    const signals: AbortSignal[] = [];
    const reader = tier('reader', ({ signal }) => void signals.push(signal));
    expect(levelOf(climb([reader, reader]))).toBe('unavailable');
    expect(signals).toHaveLength(2);
    expect(signals[0]).not.toBe(signals[1]);
  });

  it('does not see later changes of the list', () => {
    const tiers = [good];
    const ladder = new Ladder(tiers);
    tiers.length = 0;
    expect(ladder.tiers).toHaveLength(2);
  });

  it('does not see later changes of a tier', () => {
    const changing = { ...good };
    const ladder = new Ladder([changing]);
    Object.assign(changing, { name: 5, timeoutMs: -1, answer: 'none', watch: 7 });
    expect(ladder.climb(request, context, undefined, undefined, { events, clock })).toEqual({
      level: 'good',
      reply: { body: 'good' },
    });
    expect(ladder.tiers[0]?.watch).toBeUndefined();
    expect(Object.isFrozen(ladder.tiers[0])).toBe(true);
  });

  it('reads each member of a tier once', () => {
    let reads = 0;
    const odd = {
      get name() {
        return ++reads === 1 ? 'once' : '';
      },
      answer: () => ({ body: '' }),
    };
    expect(levelOf(climb([odd]))).toBe('once');
  });

  it("calls a tier's methods as its own", () => {
    class Own implements Tier {
      readonly name = 'own';
      #body = 'private';
      answer() {
        return { body: this.#body };
      }
      watch() {
        return { maxBytes: this.#body.length, answer: () => this.answer() };
      }
    }
    const ladder = new Ladder([new Own()]);
    const site = { events, clock } as never;
    expect(ladder.climb(request, context, undefined, undefined, site)).toMatchObject({ reply: { body: 'private' } });
    expect(ladder.tiers[0]?.watch?.(request, site)?.maxBytes).toBe(7);
  });

  it('hands on the first 10,000 passages, however long the list says it is', () => {
    const passages: string[] = ['first'];
    passages.length = 2 ** 32 - 1;
    const seen: unknown[] = [];
    const reader = tier('reader', ({ provided }) => {
      const [first, ...others] = provided!.passages as string[];
      seen.push(first, others.length);
      return undefined;
    });
    const told = { ...context, provided: { passages, question: 'asked' } };
    const ladder = new Ladder([reader]);
    expect(levelOf(ladder.climb(request, told, undefined, undefined, { events, clock }))).toBe('unavailable');
    expect(seen).toEqual(['first', 9_999]);
  });

  it('does not hand on what a tier does to the passages and the facts', () => {
    const passages = ['one', 'two'];
    const seen: unknown[] = [];
    const greedy = tier('greedy', (told) => {
      (told.provided!.passages as string[]).length = 0;
      Object.assign(told.provided!, { question: 'changed' });
      Object.assign(told, { circuit: 'changed' });
      return undefined;
    });
    const next = tier('next', ({ provided, circuit }) => void seen.push(provided, circuit));
    const told = { ...context, provided: { passages, question: 'asked' } };
    const ladder = new Ladder([greedy, next]);
    expect(levelOf(ladder.climb(request, told, undefined, undefined, { events, clock }))).toBe('unavailable');
    expect(seen).toEqual([{ passages: ['one', 'two'], question: 'asked' }, 'openai']);
    expect(passages).toEqual(['one', 'two']);
  });

  it('has a last answer that can always be sent and that nobody changes', () => {
    expect(replyProblem(bareAnswer.reply)).toBeUndefined();
    for (const part of [bareAnswer, bareAnswer.reply, bareAnswer.reply.headers, bareAnswer.reply.body])
      expect(Object.isFrozen(part)).toBe(true);
    const sent = degradedReply(request, bareAnswer.reply, bareAnswer.level, context, { exposeHeaders: true }, 0);
    expect(JSON.parse(String(sent.reply.body))).toMatchObject({ status: 503, title: 'Service Unavailable' });
    expect(sent.reply.headers['content-type']).toBe('application/problem+json');
  });

  it('refuses at start-up what is no tier, naming the index', () => {
    const refused = (entry: unknown) => expect(() => new Ladder([none, entry as Tier]));
    refused(undefined).toThrow('Expected `fallback[1]` to be a tier');
    refused(unavailable).toThrow('got a function');
    refused({ answer: () => undefined }).toThrow('`fallback[1].name`');
    refused({ name: '', answer: () => undefined }).toThrow('`fallback[1].name`');
    refused({ name: 'x' }).toThrow('`fallback[1].answer`');
    refused({ ...none, timeoutMs: 0 }).toThrow('`fallback[1].timeoutMs`');
    refused({ ...none, timeoutMs: Number.POSITIVE_INFINITY }).toThrow('`fallback[1].timeoutMs`');
    refused({ ...none, watch: true }).toThrow('`fallback[1].watch`');
    refused({}).toThrow(OptionsError);
    expect(() => new Ladder({} as never)).toThrow('`fallback`');
    // biome-ignore lint/suspicious/noSparseArray: the thing under test
    expect(() => new Ladder([, none] as never)).toThrow('`fallback[0]`');
  });

  it('refuses an `unavailable` before the end', () => {
    expect(() => new Ladder([unavailable(), none])).toThrow('`fallback[0]` is `unavailable`');
  });
});
