import { describe, expect, it, vi } from 'vitest';
import { Events } from '../events.ts';
import { safeStore } from './safe-store.ts';
import type { AnswerStore, StoredAnswer } from './store.ts';

const clock = { now: () => 0, wall: () => 42 };
const answer: StoredAnswer = { status: 200, headers: {}, body: new Uint8Array(1), storedAt: 0, maxAgeMs: 1 };
const storeOf = (more: Partial<AnswerStore>): AnswerStore => ({
  get: () => undefined,
  set: () => undefined,
  delete: () => undefined,
  ...more,
});

function watched(store: AnswerStore) {
  const events = new Events();
  const told: unknown[] = [];
  events.on('store_failed', (event) => void told.push(event));
  events.on('store_recovered', (event) => void told.push(event));
  return { safe: safeStore(store, events, clock), told, events };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('SafeStore', () => {
  it('stays plain where the store is plain, and waits where it promises', async () => {
    expect(watched(storeOf({ get: () => answer })).safe.get('k')).toBe(answer);
    const found = watched(storeOf({ get: async () => answer })).safe.get('k');
    expect(found).toBeInstanceOf(Promise);
    expect(await found).toBe(answer);
  });

  it('tells a change of condition once', () => {
    const error = new Error('down');
    let isDown = true;
    const { safe, told } = watched(
      storeOf({
        get: () => {
          if (isDown) throw error;
          return answer;
        },
      }),
    );
    expect(safe.get('k')).toBeUndefined();
    expect(safe.get('k')).toBeUndefined();
    expect(told).toEqual([{ at: 42, operation: 'get', error }]);
    isDown = false;
    expect(safe.get('k')).toBe(answer);
    expect(safe.get('k')).toBe(answer);
    expect(told.slice(1)).toEqual([{ at: 42 }]);
    isDown = true;
    expect(safe.get('k')).toBeUndefined();
    expect(told).toHaveLength(3);
  });

  it('takes a rejection for a miss, and lets none go unhandled', async () => {
    const error = new Error('down');
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { safe, told } = watched(storeOf({ get: () => Promise.reject(error), set: () => Promise.reject(error) }));
    expect(await safe.get('k')).toBeUndefined();
    safe.set('k', answer);
    await settled();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(told).toEqual([{ at: 42, operation: 'get', error }]);
  });

  it('survives a set that throws, and recovers by one that does not', async () => {
    let isDown = true;
    const { safe, told } = watched(
      storeOf({
        set: () => {
          if (isDown) throw new Error('down');
          return Promise.resolve();
        },
      }),
    );
    safe.set('k', answer);
    isDown = false;
    safe.set('k', answer);
    await settled();
    expect(told).toMatchObject([{ operation: 'set' }, { at: 42 }]);
  });

  it.each<[string, unknown]>([
    ['text', 'x'],
    ['a body that is text', { ...answer, body: 'x' }],
    ['no headers', { ...answer, headers: null }],
    ['a name of a header that is none', { ...answer, headers: { 'x\n': 'y' } }],
    ['a name in capitals', { ...answer, headers: { Etag: 'y' } }],
    ['a value that breaks the line', { ...answer, headers: { x: 'y\r\nz: a' } }],
    ['a value that is none', { ...answer, headers: { x: {} } }],
    ['framing', { ...answer, headers: { 'transfer-encoding': 'chunked' } }],
    ['no status', { ...answer, status: undefined }],
    ['no time', { ...answer, storedAt: Number.NaN }],
  ])('takes rubbish for a failure: %s', (_, rubbish) => {
    const { safe, told } = watched(storeOf({ get: () => rubbish as never }));
    expect(safe.get('k')).toBeUndefined();
    expect(told).toMatchObject([{ operation: 'get' }]);
  });

  it('looks into headers once', () => {
    let looks = 0;
    const ownKeys = (target: object) => {
      looks++;
      return Reflect.ownKeys(target);
    };
    const headers = new Proxy<Record<string, string>>({ a: 'b' }, { ownKeys });
    const counted: StoredAnswer = { ...answer, headers };
    const { safe } = watched(storeOf({ get: () => counted }));
    expect(safe.get('k')).toBe(counted);
    const once = looks;
    expect(once).toBeGreaterThan(0);
    expect(safe.get('k')).toBe(counted);
    expect(looks).toBe(once);
  });

  it('may have notes unless the store says that it has none', () => {
    expect(watched(storeOf({})).safe.hasNotes).toBe(true);
    expect(watched(storeOf({ hasNotes: false })).safe.hasNotes).toBe(false);
    const failing = Object.defineProperty(storeOf({}), 'hasNotes', {
      get() {
        throw new Error('down');
      },
    });
    expect(watched(failing).safe.hasNotes).toBe(true);
  });

  it('takes null for a miss, as shared stores say it', () => {
    const { safe, told } = watched(storeOf({ get: () => null as never }));
    expect(safe.get('k')).toBeUndefined();
    expect(told).toEqual([]);
  });

  it('is one for a store and its listeners', () => {
    const store = storeOf({});
    const { safe, events } = watched(store);
    expect(safeStore(store, events, clock)).toBe(safe);
    expect(safeStore(store, new Events(), clock)).not.toBe(safe);
    expect(safeStore(storeOf({}), events, clock)).not.toBe(safe);
  });
});
