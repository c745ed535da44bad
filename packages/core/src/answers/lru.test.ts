import { describe, expect, it } from 'vitest';
import { OptionsError } from '../errors.ts';
import { lruAnswers } from './lru.ts';
import type { StoredAnswer } from './store.ts';

function fakeClock() {
  const time = { now: 0, wall: 1_700_000_000_000 };
  const pass = (ms: number) => {
    time.now += ms;
    time.wall += ms;
  };
  return { time, pass, clock: { now: () => time.now, wall: () => time.wall } };
}

const answerOf = (body: Uint8Array, more: Partial<StoredAnswer> = {}): StoredAnswer => ({
  status: 200,
  headers: {},
  body,
  storedAt: 1_700_000_000_000,
  maxAgeMs: 1000,
  ...more,
});
const bytes = (length: number) => Buffer.alloc(length, 'a');
const clockOf = () => fakeClock().clock;

describe('lruAnswers', () => {
  it('gives back what was stored, the same object each time', () => {
    const store = lruAnswers({ clock: clockOf() });
    store.set('k', answerOf(Buffer.from('hello'), { headers: { etag: '"a"' } }));
    expect(store.get('k')).toEqual(answerOf(Buffer.from('hello'), { headers: { etag: '"a"' } }));
    expect(store.get('k')).toBe(store.get('k'));
    expect(store.get('other')).toBeUndefined();
    store.delete('k');
    expect(store.get('k')).toBeUndefined();
  });

  it('misses an answer that is older than its age allows', () => {
    const { clock, pass } = fakeClock();
    const store = lruAnswers({ clock });
    store.set('k', answerOf(bytes(1)));
    pass(1000);
    expect(store.get('k')).toBeDefined();
    pass(1);
    expect(store.get('k')).toBeUndefined();
    expect(store.stats.entries).toBe(0);
  });

  it('counts the age that an answer has when it comes', () => {
    const { clock, pass } = fakeClock();
    const store = lruAnswers({ clock });
    store.set('k', answerOf(bytes(1), { storedAt: clock.wall() - 600 }));
    pass(401);
    expect(store.get('k')).toBeUndefined();
  });

  it('keeps nothing longer when the wall clock is set back', () => {
    const { clock, time } = fakeClock();
    const store = lruAnswers({ clock });
    store.set('k', answerOf(bytes(1)));
    time.wall -= 3_600_000;
    time.now += 1000;
    expect(store.get('k')).toBeDefined();
    time.now += 1;
    expect(store.get('k')).toBeUndefined();
  });

  it('counts the time that the machine slept, which the monotonic clock may not', () => {
    const { clock, time } = fakeClock();
    const store = lruAnswers({ clock });
    store.set('k', answerOf(bytes(1)));
    time.wall += 1001;
    expect(store.get('k')).toBeUndefined();
  });

  it('drops the least recently used beyond `maxEntries`', () => {
    const store = lruAnswers({ maxEntries: 2, clock: clockOf() });
    store.set('a', answerOf(bytes(1)));
    store.set('b', answerOf(bytes(1)));
    store.get('a');
    store.set('c', answerOf(bytes(1)));
    expect(store.get('b')).toBeUndefined();
    expect(store.get('a')).toBeDefined();
    expect(store.stats.evictions).toBe(1);
  });

  it('drops the least recently used beyond `maxBytes`, headers included', () => {
    const store = lruAnswers({ maxBytes: 100, clock: clockOf() });
    store.set('a', answerOf(bytes(40)));
    store.set('b', answerOf(bytes(40), { headers: { etag: '"123456"' } }));
    expect(store.stats).toMatchObject({ entries: 2, bytes: 92 });
    store.set('c', answerOf(bytes(10)));
    expect(store.get('a')).toBeUndefined();
    expect(store.stats.bytes).toBe(62);
  });

  it('stores nothing over `maxEntryBytes`, and does not keep what it would have replaced', () => {
    const store = lruAnswers({ maxEntryBytes: 10, clock: clockOf() });
    store.set('k', answerOf(bytes(10)));
    expect(store.get('k')).toBeDefined();
    store.set('k', answerOf(bytes(11)));
    expect(store.get('k')).toBeUndefined();
    expect(store.stats.bytes).toBe(0);
  });

  it('keeps an empty body', () => {
    const store = lruAnswers({ clock: clockOf() });
    store.set('k', answerOf(bytes(0)));
    expect(store.get('k')?.body.byteLength).toBe(0);
  });

  it('copies a body into memory of its own', () => {
    const store = lruAnswers({ clock: clockOf() });
    const pooled = Buffer.from('hello');
    expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.byteLength);
    store.set('k', answerOf(pooled));
    pooled.fill('x');
    const { body } = store.get('k')!;
    expect(Buffer.from(body).toString()).toBe('hello');
    expect(body.buffer.byteLength).toBe(5);
  });

  it('counts hits and misses of answers, not of notes', () => {
    const store = lruAnswers({ clock: clockOf() });
    store.set('a', answerOf(bytes(1)));
    store.set('note', answerOf(bytes(0), { status: 0 }));
    store.set('0f', answerOf(bytes(0), { status: 0 }), true);
    store.get('a');
    store.get('none');
    store.get('note');
    store.get('0f', true);
    store.get('1f', true);
    expect(store.stats).toMatchObject({ entries: 2, hits: 1, misses: 1, evictions: 0 });
  });

  it('keeps a body whose memory is its own as it is', () => {
    const store = lruAnswers({ clock: clockOf() });
    const own = Buffer.alloc(5000);
    store.set('k', answerOf(own));
    expect(store.get('k')!.body).toBe(own);
  });

  it('drops no answer for notes, however many, and no note', () => {
    const store = lruAnswers({ maxEntries: 2, maxBytes: 100, clock: clockOf() });
    expect(store.hasNotes).toBe(false);
    store.set('a', answerOf(bytes(50)));
    const keyOf = (i: number) => i.toString(16).padStart(8, '0').padEnd(64, '0');
    for (let i = 1; i < 1000; i++) store.set(keyOf(i), answerOf(bytes(0), { status: 0, storedAt: i }), true);
    expect(store.hasNotes).toBe(true);
    expect(store.get('a')).toBeDefined();
    expect(store.stats).toMatchObject({ entries: 1, bytes: 50, evictions: 0 });
    for (let i = 1; i < 1000; i++) expect(store.get(keyOf(i), true)).toMatchObject({ status: 0, storedAt: i });
    expect(store.get(keyOf(1000), true)).toBeUndefined();
    store.set(keyOf(7), answerOf(bytes(0), { status: 0, storedAt: 3 }), true);
    expect(store.get(keyOf(7), true)!.storedAt).toBe(7);
  });

  it('makes room for answers under way, in at most half of it', () => {
    const store = lruAnswers({ maxBytes: 100, maxEntryBytes: 30, clock: clockOf() });
    for (const key of ['a', 'b', 'c']) store.set(key, answerOf(bytes(30)));
    expect(store.reserve(30)).toBe(true);
    expect(store.stats).toMatchObject({ entries: 2, bytes: 60 });
    expect(store.reserve(30)).toBe(false);
    expect(store.reserve(20)).toBe(true);
    expect(store.stats.bytes).toBe(30);
    store.set('d', answerOf(bytes(30)));
    expect(store.get('c')).toBeUndefined();
    store.release(30);
    store.release(20);
    store.set('e', answerOf(bytes(30)));
    store.set('f', answerOf(bytes(30)));
    expect(store.stats.bytes).toBe(90);
  });

  it('has room for one of the largest answers, however small it is', () => {
    const store = lruAnswers({ maxBytes: 30, maxEntryBytes: 30, clock: clockOf() });
    expect(store.reserve(30)).toBe(true);
    expect(store.reserve(1)).toBe(false);
  });

  it('keeps no larger entries than it has bytes, when only those are given', () => {
    expect(lruAnswers({ maxBytes: 1000 }).maxEntryBytes).toBe(1000);
    expect(lruAnswers().maxEntryBytes).toBe(262_144);
  });

  it.each([
    [{ maxEntries: 0 }, 'Expected `maxEntries` to be a whole number from 1 to 1000000, got `0` (number).'],
    [
      { maxEntries: 2 ** 53 - 1 },
      'Expected `maxEntries` to be a whole number from 1 to 1000000, got `9007199254740991` (number).',
    ],
    [{ maxBytes: '1' }, 'Expected `maxBytes` to be a whole number from 1, got `"1"` (string).'],
    [{ maxEntryBytes: 1.5 }, 'Expected `maxEntryBytes` to be a whole number from 1, got `1.5` (number).'],
    [{ maxBytes: 10, maxEntryBytes: 11 }, '`maxEntryBytes` (11) must be at most `maxBytes` (10).'],
    [{ max: 1 }, '`lruAnswers` has no option `max`; the nearest is `maxBytes`.'],
    [{ clock: {} }, 'Expected `clock` to be a clock: an object with `now` and `wall`, got an object.'],
  ])('refuses %j', (options, message) => {
    expect(() => lruAnswers(options as never)).toThrow(new OptionsError(message));
  });
});
