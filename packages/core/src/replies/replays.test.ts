import { describe, expect, it } from 'vitest';
import type { StoredAnswer } from '../answers/store.ts';
import type { RequestView } from '../request-view.ts';
import { degradedReply } from './degraded-reply.ts';
import type { FallbackFacts } from './fallback-metadata.ts';
import { Replays, type ReplayTerms } from './replays.ts';
import { StoredReply } from './stored-reply.ts';

const NOW = Date.UTC(2026, 10, 20, 10);
const answerOf = (body: string | Uint8Array, type = 'application/json'): StoredAnswer => ({
  status: 200,
  headers: { 'content-type': type, etag: '"e"' },
  body: Buffer.from(body),
  storedAt: NOW,
  maxAgeMs: 1e9,
});
const facts: FallbackFacts = { reason: 'circuit_open', circuit: 'a', retryAfterMs: 5_000 };
const request = (headers = {}) => ({ method: 'GET', headers }) as RequestView;
const options = { exposeHeaders: false };

describe('a replay', () => {
  const replayed = (answer: StoredAnswer, now = NOW, of = facts, asked = request(), more: object = {}) =>
    degradedReply(asked, new StoredReply(answer, 'l1_cache'), 'l1_cache', of, { ...options, ...more }, now).reply;

  it('is made once as long as nothing in it changes', () => {
    const answer = answerOf('{"a":1}');
    const first = replayed(answer);
    expect(replayed(answer, NOW + 999, { ...facts, retryAfterMs: 4_001 })).toBe(first);
    expect(JSON.parse(String(first.body))).toMatchObject({ a: 1, metadata: { age_seconds: 0, retry_after: 5 } });
  });

  it.each<[string, Parameters<typeof replayed> extends [unknown, ...infer Rest] ? Rest : never, object]>([
    ['an age', [NOW + 1000], { age: '1' }],
    ['a time to wait', [NOW, { ...facts, retryAfterMs: 5_001 }], { 'retry-after': '6' }],
    [
      'a reason',
      [NOW, { ...facts, reason: 'forced_open' } as never],
      { 'cache-status': expect.stringContaining('forced_open') },
    ],
    ['a circuit', [NOW, { ...facts, circuit: 'b' }], { 'brownout-fallback': expect.stringContaining('"b"') }],
    [
      'what is exposed',
      [NOW, facts, request(), { exposeHeaders: true, exposed: 'X-Own' }],
      { 'access-control-expose-headers': expect.stringContaining('X-Own') },
    ],
  ])('is another with another %s', (_, args, headers) => {
    const answer = answerOf('{"a":1}');
    const first = replayed(answer);
    expect(replayed(answer, ...args).headers).toMatchObject(headers);
    expect(replayed(answer)).toEqual(first);
  });

  it('is none where the client has the answer, nor where the user tags', () => {
    const answer = answerOf('{"a":1}');
    replayed(answer);
    expect(replayed(answer, NOW, facts, request({ 'if-none-match': '"e"' })).status).toBe(304);
    let tagged = 0;
    const tag = () => ({ tagged: ++tagged });
    expect(replayed(answer, NOW, facts, request(), { tag }).body).toBe('{"tagged":1}');
    expect(replayed(answer, NOW, facts, request(), { tag }).body).toBe('{"tagged":2}');
  });

  it('has the bytes of the answer, as text where they are UTF-8', () => {
    const texts = ['a€', '\ufeffa', '', '\0'];
    for (const text of texts) expect(replayed(answerOf(text, 'text/plain')).body).toBe(text);
    const bytes = Buffer.from([0x61, 0xe9, 0xff]);
    expect(replayed(answerOf(bytes, 'text/plain')).body).toEqual(bytes);
  });
});

describe('Replays', () => {
  const terms: ReplayTerms = {
    ...{ level: 'l1_cache', reason: 'failure', circuit: 'a', age: 0, retryAfter: undefined },
    ...{ exposeHeaders: false, exposed: undefined },
  };
  const made = (body: string) => ({ reply: { status: 200, headers: {}, body } });

  it('keeps those of many small answers, and none of a large one', () => {
    const replays = new Replays();
    const [small, large] = [answerOf('a'), answerOf('b')];
    replays.keep(small, terms, made('a'));
    replays.keep(large, terms, made('x'.repeat(16 * 1024 + 1)));
    expect(replays.find(small, terms)?.reply.body).toBe('a');
    expect(replays.find(large, terms)).toBeUndefined();
    for (let other = 0; other < 256; other++) replays.keep(answerOf('c'), terms, made('c'));
    expect(replays.find(small, terms)).toBeUndefined();
  });
});
