import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { Events } from '../events.ts';
import * as coding from './content-coding.ts';
import { lruAnswers } from './lru.ts';
import { readableAnswer } from './readable-answer.ts';
import { safeStore } from './safe-store.ts';

vi.mock('./content-coding.ts', { spy: true });

const clock = { now: () => 0, wall: () => 0 };
const store = safeStore(lruAnswers({ clock }), new Events(), clock);
const foundOf = (text: string) => ({
  key: 'k',
  answer: {
    status: 200,
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(text),
    storedAt: 0,
    maxAgeMs: 1,
  },
});

describe('readableAnswer', () => {
  it.each([
    ['too large', `{"a":"${'b'.repeat(1000)}"}`],
    ['cut short', '{"a":'],
  ])('decodes once what is %s, and has nothing each time', (_, text) => {
    vi.mocked(coding.decoded).mockClear();
    const found = foundOf(text);
    for (let times = 0; times < 3; times++) expect(readableAnswer(found, 'gzip', store, 100)).toBeUndefined();
    expect(coding.decoded).toHaveBeenCalledTimes(1);
  });
});
