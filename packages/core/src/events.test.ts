import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { Events } from './events.ts';

const storage = new AsyncLocalStorage<string>();
const at = 1;

describe('Events', () => {
  it('keep no context unless a listener wants to be called in it', () => {
    const events = new Events();
    events.on('reset', () => {});
    expect(events.context()).toBeUndefined();
    const off = events.on('reset', () => {}, { inContext: true });
    const other = events.on('closed', () => {}, { inContext: true });
    off();
    off();
    const context = storage.run('a', () => events.context())!;
    expect(context.runInAsyncScope(() => storage.getStore())).toBe('a');
    other();
    expect(events.context()).toBeUndefined();
    events.on('reset', () => {}, { inContext: true });
    events.clear();
    expect(events.context()).toBeUndefined();
  });

  it('tell what happens while another is told in its own context', () => {
    const events = new Events();
    const heard: unknown[] = [];
    const why = undefined;
    events.on('refused', ({ circuit }) => {
      storage.run(`in the turn of ${circuit}`, () => events.emit('reset', { circuit, at, why }));
    });
    events.on('reset', ({ circuit }) => void heard.push([circuit, storage.getStore()]), { inContext: true });
    const refused = { at, reason: 'circuit_open', retryAfterMs: undefined } as const;
    storage.run('x', () => events.emit('refused', { circuit: 'a', ...refused }));
    storage.run('y', () => {
      events.emit('reset', { circuit: 'b', at, why });
      events.queue('refused', { circuit: 'c', ...refused });
      events.queue('reset', { circuit: 'd', at, why });
      events.flush();
    });
    expect(heard).toEqual([
      ['a', 'in the turn of a'],
      ['b', 'y'],
      ['d', 'y'],
      ['c', 'in the turn of c'],
    ]);
  });
});
