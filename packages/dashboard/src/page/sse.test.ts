import { describe, expect, it } from 'vitest';
import { EventReader } from './sse.js';

describe('EventReader', () => {
  it('reads events wherever they are cut, and keeps the last id', () => {
    const text = ':\n\nretry: 2000\n\nid: 7\nevent: change\ndata: {"a":\ndata: 1}\n\ndata:2\n\nevent: cut\nda';
    for (const size of [1, 5, text.length]) {
      const reader = new EventReader();
      const events = [];
      for (let at = 0; at < text.length; at += size) events.push(...reader.read(text.slice(at, at + size)));
      expect(events).toEqual([
        { name: 'change', data: { a: 1 } },
        { name: 'message', data: 2 },
      ]);
      expect(reader.lastId).toBe('7');
    }
  });
});
