import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { lruAnswers } from '../answers/lru.ts';
import { normalisedQuestion } from '../answers/normalised-question.ts';
import type { AnswerStore, StoredAnswer } from '../answers/store.ts';
import { OptionsError } from '../errors.ts';
import { Events } from '../events.ts';
import type { Reply } from '../reply.ts';
import type { RequestView } from '../request-view.ts';
import { type CachedAnswerOptions, cachedAnswer } from './cached-answer.ts';
import type { CapturedAnswer, Tier, TierContext, TierReply, TierSite, TierWatcher } from './tier.ts';

interface Native {
  body?: unknown;
  user?: { id: unknown };
}

interface Asked {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  native?: Native;
  certificate?: string;
}

const START = Date.UTC(2026, 10, 20, 10, 0, 0);
const context = { reason: 'circuit_open', circuit: 'a', retryAfterMs: undefined } as TierContext;
const json = { 'content-type': 'application/json; charset=utf-8' };

function requestOf({ method = 'GET', url = '/a', headers = {}, native = {}, certificate }: Asked): RequestView<Native> {
  const [path = '', query = ''] = url.split('?');
  const all = { Host: 'example.com', ...headers };
  return {
    method,
    url,
    path,
    query,
    headers: Object.fromEntries(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value])),
    rawHeaders: Object.entries(all).flat(),
    protocol: certificate === undefined ? 'http' : 'https',
    certificate,
    body: native.body,
    queryObject: undefined,
    native,
  };
}

const textAnswer = (text: string): Partial<CapturedAnswer> => ({
  headers: text.startsWith('{') ? json : { 'content-type': 'text/plain' },
  body: Buffer.from(text),
});

function fakeClock() {
  let ms = 0;
  const pass = (by: number) => {
    ms += by;
  };
  return { now: () => ms, wall: () => START + ms, pass };
}

/** A tier, a store and a clock, and what a guard does with them. */
function setUp(options?: CachedAnswerOptions<Native>, given?: AnswerStore, clock = fakeClock()) {
  const events = new Events();
  const failed: { option: string; error: unknown }[] = [];
  events.on('option_failed', (event) => void failed.push(event));
  const store = given ?? lruAnswers({ clock });
  const site: TierSite = { answers: store, clock, events };
  const tier = cachedAnswer<Native>(options);

  const watch = (asked: Asked = {}) => tier.watch!(requestOf(asked), site);
  const end = (watcher: TierWatcher | undefined, answer: Partial<CapturedAnswer> | string = {}) => {
    const given = typeof answer === 'string' ? textAnswer(answer) : answer;
    const { status = 200, headers = json, body = '{"a":1}' } = given;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (watcher === undefined) return;
    watcher.succeeded?.(status);
    if (watcher.maxBytes >= bytes.length && watcher.wants?.(status, headers)) {
      watcher.captured?.({ status, headers, body: bytes });
    }
  };
  return {
    tier,
    store,
    site,
    events,
    failed,
    watch,
    end,
    pass: clock.pass,
    /** One request that succeeds. */
    serve: (asked: Asked = {}, answer?: Partial<CapturedAnswer> | string) => end(watch(asked), answer),
    /** One request that is degraded. */
    ask: (asked: Asked = {}) => watch(asked)?.answer(context) as TierReply | undefined,
  };
}

const bodyOf = (reply: TierReply | Reply | undefined) => reply && Buffer.from(reply.body as Uint8Array).toString();

describe('cachedAnswer', () => {
  it('answers with what the same request was answered with before', () => {
    const { serve, ask, pass } = setUp();
    expect(ask()).toBeUndefined();
    serve({}, '{"a":1}');
    pass(5000);
    const reply = ask();
    expect(bodyOf(reply)).toBe('{"a":1}');
    expect(reply).toMatchObject({ status: 200, headers: json, level: 'l1_cache', cachedAt: START });
    expect(ask({ url: '/b' })).toBeUndefined();
  });

  it('makes no promise with a synchronous store', () => {
    const { serve, ask } = setUp();
    serve({}, { headers: { ...json, vary: 'Origin' } });
    expect(ask()).not.toBeInstanceOf(Promise);
    expect(ask()).toBeDefined();
  });

  it('serves the newest answer', () => {
    const { serve, ask } = setUp();
    serve({}, 'old');
    serve({}, 'new');
    expect(bodyOf(ask())).toBe('new');
  });

  describe('under load', () => {
    const load = ({ serve }: ReturnType<typeof setUp>, asked: Asked = {}) => {
      for (let call = 0; call < 20; call++) serve(asked, `${call}`);
    };

    it('serves an answer that is a second older than the newest at most, and says how old', () => {
      const site = setUp();
      load(site);
      expect(bodyOf(site.ask())).toBe('9');
      expect(site.watch()!.maxBytes).toBe(0);
      site.pass(999);
      site.serve({}, 'not yet');
      expect(site.ask()).toMatchObject({ cachedAt: START });
      site.pass(1);
      site.serve({}, 'newest');
      expect(bodyOf(site.ask())).toBe('newest');
    });

    it('stores anew at once what an unsafe request has changed', () => {
      const site = setUp();
      load(site);
      site.serve({ method: 'POST' }, { status: 204, body: Buffer.alloc(0) });
      expect(site.ask()).toBeUndefined();
      site.serve({}, 'new');
      expect(bodyOf(site.ask())).toBe('new');
    });

    it('stores the first answer for everybody', () => {
      const site = setUp();
      load(site, { headers: { Authorization: 'a' } });
      for (const who of ['b', 'c']) {
        site.serve({ headers: { Authorization: who } }, who);
        expect(bodyOf(site.ask({ headers: { Authorization: who } }))).toBe(who);
      }
      const vary = { headers: { 'content-type': 'text/plain', vary: 'User-Agent' } };
      for (let call = 0; call < 20; call++)
        site.serve({ headers: { 'User-Agent': 'a' } }, { ...vary, body: Buffer.from('a') });
      site.serve({ headers: { 'User-Agent': 'b' } }, { ...vary, body: Buffer.from('b') });
      expect(bodyOf(site.ask({ headers: { 'User-Agent': 'b' } }))).toBe('b');
    });

    it('stores each answer where one is served in place of the handler', () => {
      const site = setUp({ freshMs: 1000 });
      load(site);
      expect(bodyOf(site.ask())).toBe('19');
    });
  });

  it('answers HEAD with what GET got, and stores nothing of HEAD', () => {
    const { serve, ask, watch } = setUp();
    expect(watch({ method: 'HEAD' })!.maxBytes).toBe(0);
    serve({ method: 'HEAD' }, '');
    expect(ask()).toBeUndefined();
    serve({}, '{"a":1}');
    expect(bodyOf(ask({ method: 'HEAD' }))).toBe('{"a":1}');
  });

  it('never answers POST from GET, nor POST without a key', () => {
    const { serve, ask } = setUp();
    serve();
    expect(ask({ method: 'POST' })).toBeUndefined();
    const keyed = setUp({ key: () => 'k' });
    keyed.serve({ method: 'GET' });
    expect(keyed.ask({ method: 'POST' })).toBeUndefined();
    expect(keyed.ask({ method: 'GET' })).toBeDefined();
  });

  it('takes no notice of OPTIONS', () => {
    expect(setUp().watch({ method: 'OPTIONS' })).toBeUndefined();
  });

  it('has nothing older than `maxAgeMs`', () => {
    const { serve, ask, pass } = setUp({ maxAgeMs: 1000 });
    serve();
    pass(1000);
    expect(ask()).toBeDefined();
    pass(1);
    expect(ask()).toBeUndefined();
  });

  it('does not take a shared store by its word about the age', () => {
    const answers = new Map<string, StoredAnswer>();
    const store: AnswerStore = {
      level: 'l2_cache',
      get: (key) => answers.get(key),
      set: (key, answer) => void answers.set(key, { ...answer, maxAgeMs: 1e9 }),
      delete: (key) => void answers.delete(key),
    };
    const { serve, ask, pass } = setUp({ maxAgeMs: 1000 }, store);
    serve();
    expect(ask()?.level).toBe('l2_cache');
    pass(1001);
    expect(ask()).toBeUndefined();
  });

  it('has nothing where `maxAgeMs` is 0', () => {
    const { serve, ask, watch } = setUp({ maxAgeMs: 0 });
    expect(watch()!.maxBytes).toBe(0);
    serve();
    expect(ask()).toBeUndefined();
  });

  it('keeps to its own store, and tells its level', () => {
    const clock = fakeClock();
    const own = lruAnswers({ clock });
    const { serve, ask, store } = setUp({ store: own }, undefined, clock);
    serve();
    expect(ask()).toBeDefined();
    expect(own.stats.entries).toBe(1);
    expect((store as typeof own).stats.entries).toBe(0);
    expect(setUp({ store: { ...own, level: 'l2_cache', get: () => undefined, set() {}, delete() {} } }).tier.name).toBe(
      'l2_cache',
    );
  });

  it('captures no more than the store keeps', () => {
    const { watch } = setUp({ store: lruAnswers({ maxEntryBytes: 100 }) });
    expect(watch()!.maxBytes).toBe(100);
    expect(watch()!.wants!(200, { ...json, 'content-length': '101' })).toBe(false);
    expect(watch()!.wants!(200, { ...json, 'content-length': '100' })).toBe(true);
  });

  it('does not store what was cut short', () => {
    const { serve, ask } = setUp();
    serve({}, { headers: { ...json, 'content-length': '8' }, body: Buffer.from('{"a":1}') });
    expect(ask()).toBeUndefined();
    serve({}, { headers: { ...json, 'content-length': '7' }, body: Buffer.from('{"a":1}') });
    expect(ask()).toBeDefined();
  });

  it('is nothing by itself, without a watcher', () => {
    expect(setUp().tier.answer(requestOf({}), context)).toBeUndefined();
  });

  it('counts an answer of other caches as old as it is', () => {
    const { serve, ask } = setUp({ maxAgeMs: 60_000 });
    serve({}, { headers: { ...json, age: '50' } });
    expect(ask()?.cachedAt).toBe(START - 50_000);
    expect(ask()?.headers).toEqual(json);
  });

  it('takes requests of hosts that fill in no raw headers', () => {
    const { tier, site, end } = setUp();
    const bare = (cookie: string) => ({ ...requestOf({ headers: { Cookie: cookie } }), rawHeaders: [] });
    end(tier.watch!(bare('a'), site));
    expect(tier.watch!(bare('a'), site)!.answer(context)).toBeDefined();
    expect(tier.watch!(bare('b'), site)!.answer(context)).toBeUndefined();
  });
});

describe('what may be stored', () => {
  it.each<[string, Partial<CapturedAnswer>, Asked?]>([
    ['no other status', { status: 201 }],
    ['no part', { status: 206 }],
    ['no `no-store`', { headers: { ...json, 'cache-control': 'no-store' } }],
    ['no `private` that is public', { headers: { ...json, 'cache-control': 'private' } }],
    [
      'no `private` that is public for all its Sec-Fetch-User',
      { headers: { 'cache-control': 'private' } },
      { headers: { 'Sec-Fetch-User': '?1' } },
    ],
    ['no `Vary: *`', { headers: { ...json, vary: '*' } }],
    ['no `no-cache`', { headers: { ...json, 'cache-control': 'no-cache' } }],
    ['no `must-revalidate`', { headers: { ...json, 'cache-control': 'must-revalidate' } }],
    ['no cookie', { headers: { ...json, 'set-cookie': ['a=b'] } }],
    ['no degraded answer', { headers: { ...json, 'brownout-fallback': 'static; reason=failure; circuit="a"' } }],
    ['no JSON that is cut short', { body: Buffer.from('{"a":') }],
    [
      'no JSON that is cut short, of any length',
      { headers: { ...json, 'content-length': '5' }, body: Buffer.from('{"a":') },
    ],
    ['no JSON that ends too early', { body: Buffer.from('{"a":{"b":1}') }],
    ['no empty JSON', { body: Buffer.from('') }],
    ['nothing with trailers', { headers: { ...json, trailer: 'Server-Timing' } }],
    [
      'no encoded JSON that is cut short',
      { headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync('{"a":') },
    ],
    ['nothing for a request with `no-store`', {}, { headers: { 'Cache-Control': 'no-store' } }],
  ])('is %s', (_, answer, asked = {}) => {
    const { serve, ask } = setUp();
    serve(asked, answer);
    const { 'Cache-Control': __, ...headers } = asked.headers ?? {};
    expect(ask({ ...asked, headers })).toBeUndefined();
  });

  it('is what is private, within its scope', () => {
    const { serve, ask } = setUp();
    const headers = { Authorization: 'a' };
    serve({ headers }, { headers: { ...json, 'cache-control': 'private' } });
    expect(ask({ headers })).toBeDefined();
    expect(ask({ headers: { Authorization: 'b' } })).toBeUndefined();
    expect(ask()).toBeUndefined();
  });

  it('still answers a reload, which asks for freshness that is not to be had', () => {
    const { serve, ask } = setUp();
    serve();
    expect(ask({ headers: { 'Cache-Control': 'no-cache', Pragma: 'no-cache' } })).toBeDefined();
    expect(ask({ headers: { 'Cache-Control': 'max-age=0' } })).toBeDefined();
    expect(ask({ headers: { 'Cache-Control': 'no-store' } })).toBeDefined();
  });

  it('is served as long as `stale-if-error` and `must-revalidate` allow', () => {
    const { serve, ask, pass } = setUp();
    serve({}, { headers: { 'cache-control': 'max-age=10, stale-if-error=20' } });
    serve({ url: '/b' }, { headers: { 'cache-control': 'max-age=10, must-revalidate' } });
    pass(10_000);
    expect(ask({ url: '/b' })).toBeDefined();
    pass(1);
    expect(ask({ url: '/b' })).toBeUndefined();
    pass(19_999);
    expect(ask()).toBeDefined();
    pass(1);
    expect(ask()).toBeUndefined();
  });

  it('differs by the headers that `Vary` names', () => {
    const { serve, ask } = setUp();
    const vary = { headers: { 'content-type': 'text/plain', vary: 'X-Lang, Accept-Encoding' } };
    serve({ headers: { 'X-Lang': 'en' } }, { ...vary, body: Buffer.from('hello') });
    serve({ headers: { 'X-Lang': 'fr' } }, { ...vary, body: Buffer.from('salut') });
    expect(bodyOf(ask({ headers: { 'X-Lang': 'en' } }))).toBe('hello');
    expect(bodyOf(ask({ headers: { 'X-Lang': 'fr' } }))).toBe('salut');
    expect(bodyOf(ask({ headers: { 'X-Lang': 'fr', 'Accept-Encoding': 'br' } }))).toBe('salut');
    expect(ask()).toBeUndefined();
  });

  it('is one answer for all codings, where that is JSON, which goes out plain', () => {
    const { serve, ask } = setUp();
    const headers = {
      ...json,
      vary: 'Accept-Encoding',
      'content-encoding': 'gzip',
      etag: '"strong"',
      'content-length': '27',
    };
    const body = gzipSync('{"a":1}');
    serve(
      { headers: { 'Accept-Encoding': 'gzip' } },
      { headers: { ...headers, 'content-length': String(body.length) }, body },
    );
    for (let times = 0; times < 2; times++) {
      const reply = ask({ headers: { 'Accept-Encoding': 'identity' } });
      expect(bodyOf(reply)).toBe('{"a":1}');
      expect(reply!.headers).toEqual({ ...json, vary: 'Accept-Encoding' });
      expect(reply!.cachedAt).toBe(START);
    }
  });

  it('is decoded once', () => {
    const { serve, ask, store } = setUp();
    serve({}, { headers: { ...json, 'content-encoding': 'br' }, body: brotliCompressSync('{"a":1}') });
    const set = vi.spyOn(store, 'set');
    ask();
    expect(set).toHaveBeenCalledTimes(1);
    ask();
    expect(set).toHaveBeenCalledTimes(1);
    expect(ask()!.body).toBe(ask()!.body);
  });

  it('is decoded up to what the store keeps', () => {
    const clock = fakeClock();
    const { serve, ask } = setUp({}, lruAnswers({ maxEntryBytes: 1000, clock }), clock);
    const encoded = (length: number) => ({
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync(`{"a":"${'b'.repeat(length - 8)}"}`),
    });
    serve({}, encoded(1000));
    expect(bodyOf(ask())).toHaveLength(1000);
    serve({}, encoded(1001));
    expect(ask()).toBeUndefined();
  });

  it('is nothing to serve when JSON cannot be decoded', () => {
    const { serve, ask } = setUp();
    serve({}, { headers: { ...json, 'content-encoding': 'gzip' }, body: Buffer.from('{"a":1}') });
    expect(ask({ headers: { 'Accept-Encoding': 'gzip' } })).toBeUndefined();
  });

  it('goes in other codings to who accepts them', () => {
    const { serve, ask } = setUp();
    const body = gzipSync('<p>');
    serve({}, { headers: { 'content-type': 'text/html', 'content-encoding': 'gzip' }, body });
    expect(ask()).toBeUndefined();
    expect(ask({ headers: { 'Accept-Encoding': 'br, gzip;q=0' } })).toBeUndefined();
    const reply = ask({ headers: { 'Accept-Encoding': 'br, gzip' } });
    expect(reply!.body).toEqual(body);
    expect(reply!.headers).toMatchObject({ 'content-encoding': 'gzip' });
    serve({ url: '/b' }, { headers: { ...json, 'content-encoding': 'zstd' }, body: Buffer.from('zzz') });
    expect(bodyOf(ask({ url: '/b', headers: { 'Accept-Encoding': 'zstd' } }))).toBe('zzz');
    expect(ask({ url: '/b' })).toBeUndefined();
  });

  it('leaves out what belongs to one request', () => {
    const { serve, ask } = setUp();
    serve({}, { headers: { ...json, date: 'x', 'x-request-id': '1', connection: 'close', 'content-length': '7' } });
    expect(ask()!.headers).toEqual(json);
  });
});

describe('an unsafe request that succeeds', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE'])(
    'makes what was stored for its path before a miss: %s',
    (method) => {
      const { serve, ask } = setUp();
      const cookie = { headers: { Cookie: 'a' } };
      serve({ url: '/a?x=1' });
      serve(cookie);
      serve({ url: '/b' });
      serve({ method, url: '/a?y=2' }, { status: 201 });
      expect(ask({ url: '/a?x=1' })).toBeUndefined();
      expect(ask(cookie)).toBeUndefined();
      expect(ask({ url: '/b' })).toBeDefined();
      serve({ url: '/a?x=1' }, 'later');
      expect(bodyOf(ask({ url: '/a?x=1' }))).toBe('later');
    },
  );

  it('makes what began before it a miss, though it was stored afterwards', () => {
    const { watch, end, serve, ask } = setUp();
    const early = watch();
    serve({ method: 'POST' });
    end(early);
    expect(ask()).toBeUndefined();
  });

  it('makes no miss when it fails, or is safe', () => {
    const { serve, ask } = setUp();
    serve();
    serve({ method: 'POST' }, { status: 400 });
    serve({ method: 'OPTIONS' });
    serve({ method: 'HEAD' });
    expect(ask()).toBeDefined();
    serve({ method: 'POST' }, { status: 303 });
    expect(ask()).toBeUndefined();
  });

  it('marks nothing with a key', () => {
    const { serve, ask } = setUp({ key: (native) => native.body as string });
    serve({ method: 'POST', native: { body: 'one' } }, 'first');
    serve({ method: 'POST', native: { body: 'two' } }, 'second');
    expect(bodyOf(ask({ method: 'POST', native: { body: 'one' } }))).toBe('first');
    expect(bodyOf(ask({ method: 'POST', native: { body: 'two' } }))).toBe('second');
  });

  it('marks when its key declines: it is no question', () => {
    const { serve, ask } = setUp({ key: (native) => native.body });
    serve({ method: 'POST', native: { body: 'one' } });
    serve({ method: 'DELETE' });
    expect(ask({ method: 'POST', native: { body: 'one' } })).toBeUndefined();
  });

  it('marks for as long as another tier may keep an answer', () => {
    const { serve, store } = setUp({ maxAgeMs: 1000 });
    const set = vi.spyOn(store, 'set');
    serve({ method: 'POST' });
    expect(set.mock.calls[0]![1]).toMatchObject({ status: 0, maxAgeMs: 30 * 86_400_000 });
  });
});

describe('key and scope', () => {
  const warnings = vi.spyOn(process, 'emitWarning');
  beforeEach(() => void warnings.mockImplementation(() => {}));
  afterEach(() => void warnings.mockReset());
  const ask = (question: unknown, more: Asked = {}): Asked => ({
    method: 'POST',
    url: '/ask',
    native: { body: { question } },
    ...more,
  });
  const question = (native: Native) => (native.body as { question: unknown }).question;

  it('answers the same question, and no other', () => {
    const set = setUp({ key: question });
    set.serve(ask('a'), 'one');
    expect(bodyOf(set.ask(ask('a')))).toBe('one');
    expect(set.ask(ask('A'))).toBeUndefined();
    expect(set.ask(ask('a', { url: '/ask?x=1' }))).toBeUndefined();
    const normal = setUp({ key: (native) => normalisedQuestion(question(native) as string) });
    normal.serve(ask('What is it?'), 'one');
    expect(bodyOf(normal.ask(ask(' what IS it')))).toBe('one');
  });

  it('takes any JSON value, whatever the order of its members', () => {
    const set = setUp({ key: (native) => native.body });
    set.serve({ method: 'POST', native: { body: { a: 1, b: [2, { c: 3, d: 4 }] } } });
    expect(set.ask({ method: 'POST', native: { body: { b: [2, { d: 4, c: 3 }], a: 1 } } })).toBeDefined();
    expect(set.ask({ method: 'POST', native: { body: { a: 1, b: [{ c: 3, d: 4 }, 2] } } })).toBeUndefined();
    expect(set.ask({ method: 'POST', native: { body: '{"a":1,"b":[2,{"c":3,"d":4}]}' } })).toBeUndefined();
  });

  it('is read when the request begins, before a handler changes the body', () => {
    const set = setUp({ key: (native) => native.body });
    const body = { question: 'a' };
    const watcher = set.watch({ method: 'POST', native: { body } });
    body.question = 'b';
    set.end(watcher);
    expect(set.ask(ask('a', { url: '/a' }))).toBeDefined();
    expect(set.ask(ask('b', { url: '/a' }))).toBeUndefined();
  });

  it.each([undefined, null])('keeps nothing for a key of %s, which declines', (declined) => {
    const set = setUp({ key: () => declined });
    set.serve(ask('a'));
    set.serve({});
    expect(set.ask(ask('a'))).toBeUndefined();
    expect(set.ask({})).toBeUndefined();
    expect(set.failed).toEqual([]);
    expect(warnings).not.toHaveBeenCalled();
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      'oops',
    ],
    ['promises', async () => 'a', 'it returned a promise, and nothing is awaited'],
    ['returns what is no JSON', () => ({ n: 1n }), 'Cannot write a bigint as JSON.'],
    ['returns a symbol', () => Symbol('a'), 'Cannot write a symbol as JSON.'],
    [
      'returns a Map',
      () => new Map([['a', 1]]),
      'Cannot write an instance of `Map` as JSON: it is no plain object and has no `toJSON`.',
    ],
  ])('keeps nothing for a key that %s, and says so once', (_, key, said) => {
    const set = setUp({ key });
    set.serve(ask('a'));
    expect(set.ask(ask('a'))).toBeUndefined();
    expect(set.failed).toMatchObject([{ option: 'key', error: { message: said } }]);
    expect(warnings.mock.calls).toEqual([
      [
        `The \`key\` of \`cachedAnswer\` failed for an answer, so it has no key: ${said}`,
        { type: 'BrownoutWarning', code: 'BROWNOUT_KEY' },
      ],
    ]);
  });

  it.each<[string, unknown]>([
    ['the value', undefined],
    ['an item', [undefined, 'gpt']],
    ['an item of a member', { a: [undefined] }],
  ])('keeps nothing for a key in which undefined is %s', (_, declined) => {
    const set = setUp({ key: () => declined });
    set.serve(ask('a'));
    expect(set.ask(ask('a'))).toBeUndefined();
    expect(set.failed).toEqual([]);
  });

  it('takes a member that is undefined for absent', () => {
    const set = setUp({ key: (native) => ({ a: 1, question: question(native) }) });
    set.serve(ask(undefined), 'none');
    expect(bodyOf(set.ask(ask(undefined)))).toBe('none');
    expect(set.ask(ask('a'))).toBeUndefined();
  });

  it('lets no rejection of a key end the process', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    setUp({ key: () => Promise.reject(new Error('oops')) }).watch(ask('a'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each<[string, (native: Native) => unknown]>([
    ['throws on it', question],
    ['returns it', (native) => native.body],
    ['puts it into a list', (native) => ['ask', (native.body as { question?: string } | undefined)?.question]],
    ['puts it into a text', (native) => `ask:${(native.body as { question?: string } | undefined)?.question}`],
  ])('says once that no parser has read the body, when a key %s', (_, key) => {
    const set = setUp({ key });
    for (const headers of [{ 'Content-Length': '9' }, { 'Transfer-Encoding': 'chunked' }]) {
      const unparsed: Asked = { method: 'POST', headers: headers as Record<string, string> };
      set.serve(unparsed);
      expect(set.ask(unparsed)).toBeUndefined();
    }
    expect(set.failed).toHaveLength(1);
    expect(warnings.mock.calls).toEqual([
      [
        '`req.body` is undefined, so this answer has no key; mount express.json() before the breaker',
        { type: 'BrownoutWarning', code: 'BROWNOUT_BODY_UNPARSED' },
      ],
    ]);
  });

  it('needs no body for a key that does not ask for it', () => {
    const set = setUp({ key: () => 'fixed' });
    const unparsed = { method: 'POST', headers: { 'Content-Length': '9' } };
    set.serve(unparsed);
    expect(set.ask(unparsed)).toBeDefined();
    expect(warnings).not.toHaveBeenCalled();
  });

  it('shares within a scope only', () => {
    const set = setUp({ key: question, scope: (native) => native.user!.id });
    const of = (id: unknown) => ask('a', { native: { body: { question: 'a' }, user: { id } } });
    set.serve(of('ann'));
    expect(set.ask(of('ann'))).toBeDefined();
    expect(set.ask({ ...of('ann'), headers: { Cookie: 'x' } })).toBeDefined();
    expect(set.ask(of('bob'))).toBeUndefined();
    set.serve(of(1));
    expect(set.ask(of('1'))).toBeUndefined();
    expect(set.failed).toEqual([]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      'oops',
    ],
    ['promises', async () => 'ann', 'it returned a promise, and nothing is awaited'],
    ['returns undefined', () => undefined, 'it returned undefined'],
    ['returns null', () => null, 'it returned null'],
    ['returns a list with undefined', () => ['acme', undefined], 'it returned undefined'],
    ['returns a date that is none', () => new Date(Number.NaN), 'it returned null'],
    ['returns what is no JSON', () => Number.NaN, 'Cannot write NaN as JSON.'],
  ])('shares nothing when a scope %s, and says so once', (_, scope, said) => {
    const set = setUp({ key: question, scope });
    set.serve(ask('a'));
    set.serve(ask('b'));
    expect(set.ask(ask('a'))).toBeUndefined();
    expect(set.failed).toMatchObject([{ option: 'scope', error: { message: said } }]);
    expect(warnings.mock.calls).toEqual([
      [
        `The \`scope\` of \`cachedAnswer\` failed for an answer, so it is shared with nobody: ${said}`,
        { type: 'BrownoutWarning', code: 'BROWNOUT_SCOPE' },
      ],
    ]);
  });

  const clients: Record<string, Record<string, string>> = {
    curl: { 'User-Agent': 'curl/8.5.0', Accept: '*/*' },
    fetch: {
      Connection: 'keep-alive',
      Accept: '*/*',
      'Accept-Language': '*',
      'Sec-Fetch-Mode': 'cors',
      'User-Agent': 'node',
      'Accept-Encoding': 'gzip, deflate',
    },
    'a browser behind proxies': {
      'Cache-Control': 'max-age=0',
      'Sec-Ch-Ua': '"Chromium";v="130"',
      'Sec-Ch-Ua-Mobile': '?0',
      'Upgrade-Insecure-Requests': '1',
      'User-Agent': 'Mozilla/5.0',
      Accept: '*/*',
      'Sec-Fetch-Site': 'same-origin',
      'Sec-Fetch-Mode': 'cors',
      'Sec-Fetch-Dest': 'empty',
      'Sec-GPC': '1',
      Referer: 'http://example.com/',
      Priority: 'u=1, i',
      DNT: '1',
      Via: '1.1 proxy',
      Forwarded: 'for=9.8.7.6',
      'X-Forwarded-For': '1.2.3.4, 5.6.7.8',
      'X-Real-IP': '1.2.3.4',
      'CF-Ray': '1',
      'CF-Connecting-IP': '1.2.3.4',
      'X-Request-Start': 't=1',
      'X-Request-Id': '1',
      'X-Amzn-Trace-Id': 'Root=1',
      traceparent: '00-1-2-01',
    },
  };

  it.each(Object.keys(clients))('shares a plain GET of %s with everybody', (name) => {
    const set = setUp();
    set.serve({ headers: clients[name]! }, 'public');
    for (const headers of [{}, ...Object.values(clients)]) expect(bodyOf(set.ask({ headers }))).toBe('public');
  });

  it('shares nothing by a header that earlier middleware set or changed', () => {
    const { tier, site, end } = setUp();
    const of = (user: string | undefined) => {
      const request = requestOf({ headers: { 'X-User-Id': 'forged' } });
      return tier.watch!({ ...request, headers: { ...request.headers, ...(user && { 'x-user-id': user }) } }, site)!;
    };
    end(of('ann'));
    expect(of('ann').answer(context)).toBeDefined();
    expect(of('bob').answer(context)).toBeUndefined();
    expect(of(undefined).answer(context)).toBeUndefined();
  });

  it('knows the request by how it came, whatever a handler does to its headers', () => {
    const { tier, site, end } = setUp();
    const request = requestOf({ headers: { Cookie: 'ann' } });
    const watcher = tier.watch!(request, site);
    (request.rawHeaders as string[]).splice(0);
    end(watcher);
    expect(tier.watch!(requestOf({}), site)!.answer(context)).toBeUndefined();
    expect(tier.watch!(requestOf({ headers: { Cookie: 'ann' } }), site)!.answer(context)).toBeDefined();
  });

  it('shares by the credentials without a scope', () => {
    const set = setUp();
    set.serve({ headers: { Authorization: 'a' } }, 'of a');
    set.serve({}, 'public');
    expect(bodyOf(set.ask({ headers: { Authorization: 'a' } }))).toBe('of a');
    expect(set.ask({ headers: { Authorization: 'b' } })).toBeUndefined();
    expect(set.ask({ certificate: 'AB' })).toBeUndefined();
    expect(bodyOf(set.ask())).toBe('public');
  });
});

describe('freshMs', () => {
  const freshly = (set: ReturnType<typeof setUp>, asked: Asked = {}) => set.watch(asked)!.fresh!() as Reply | undefined;

  it('serves in place of the handler within this age, and nothing by default', () => {
    const set = setUp({ freshMs: 2000 });
    expect(freshly(set)).toBeUndefined();
    set.serve({}, { headers: { ...json, 'cache-control': 'public, max-age=60' } });
    set.pass(1500);
    expect(freshly(set)).toEqual({
      status: 200,
      headers: { ...json, 'cache-control': 'public, max-age=60', age: '1', 'cache-status': 'brownout; hit' },
      body: Buffer.from('{"a":1}'),
    });
    set.pass(501);
    expect(freshly(set)).toBeUndefined();
    expect(set.ask()).toBeDefined();
    const off = setUp();
    off.serve();
    expect(freshly(off)).toBeUndefined();
  });

  it.each([{ 'Cache-Control': 'no-cache' }, { 'Cache-Control': 'max-age=0' }, { Pragma: 'no-cache' }])(
    'lets a request ask for more: %j',
    (headers) => {
      const set = setUp({ freshMs: 2000 });
      set.serve();
      set.pass(1);
      expect(freshly(set, { headers: headers as Record<string, string> })).toBeUndefined();
      expect(freshly(set, { headers: { 'Cache-Control': 'max-age=1' } })).toBeDefined();
    },
  );

  it('serves no stream of events that says `no-cache`: that is kept for an outage alone', () => {
    const set = setUp({ freshMs: 5000 });
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
    set.serve({}, { headers, body: Buffer.from('data: 1\n\n') });
    expect(freshly(set)).toBeUndefined();
    expect(set.ask()).toBeDefined();
  });

  it('ends with the lifetime that the answer gives itself', () => {
    const set = setUp({ freshMs: 5000 });
    set.serve({}, { headers: { ...json, 'cache-control': 'max-age=2' } });
    set.pass(2000);
    expect(freshly(set)).toBeDefined();
    set.pass(1);
    expect(freshly(set)).toBeUndefined();
  });

  it('says 304 to who has it', () => {
    const set = setUp({ freshMs: 5000 });
    set.serve({}, { headers: { ...json, etag: 'W/"a"' } });
    expect(freshly(set, { headers: { 'If-None-Match': '"b", W/"a"' } })).toEqual({
      status: 304,
      headers: { etag: 'W/"a"', age: '0', 'cache-status': 'brownout; hit' },
      body: '',
    });
    expect(freshly(set, { method: 'HEAD', headers: { 'If-None-Match': '"a"' } })).toMatchObject({ status: 304 });
    expect(freshly(set, { headers: { 'If-None-Match': '"b"' } })).toMatchObject({ status: 200 });
  });
});

describe('a conditional request', () => {
  it('is told 304 by GET and HEAD alone', () => {
    const set = setUp({ key: () => 'k', freshMs: 5000 });
    set.serve({ method: 'POST' }, { headers: { ...json, etag: '"a"' } });
    const watcher = set.watch({ method: 'POST', headers: { 'If-None-Match': '"a"' } })!;
    expect(watcher.fresh!()).toMatchObject({ status: 200, body: Buffer.from('{"a":1}') });
  });
});

describe('an asynchronous store', () => {
  const delayed = () => {
    const answers = new Map<string, StoredAnswer>();
    return {
      level: 'l2_cache' as const,
      get: vi.fn(async (key: string) => answers.get(key)),
      set: vi.fn(async (key: string, answer: StoredAnswer) => void answers.set(key, answer)),
      delete: vi.fn(async (key: string) => void answers.delete(key)),
    };
  };

  it('serves by a promise, whatever the answer varies by', async () => {
    const { serve, ask } = setUp({}, delayed());
    serve({ headers: { 'X-Lang': 'en' } }, { headers: { ...json, vary: 'X-Lang' } });
    const reply = ask({ headers: { 'X-Lang': 'en' } });
    expect(reply).toBeInstanceOf(Promise);
    expect(await reply).toMatchObject({ level: 'l2_cache' });
    expect(await ask({ headers: { 'X-Lang': 'fr' } })).toBeUndefined();
  });

  it('is no part of the request when it fails', async () => {
    const store = delayed();
    const error = new Error('down');
    store.get.mockRejectedValue(error);
    store.set.mockRejectedValue(error);
    const { serve, ask, events } = setUp({}, store);
    const told = vi.fn();
    events.on('store_failed', told);
    serve();
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
    expect(await ask()).toBeUndefined();
    expect(told).toHaveBeenCalledTimes(1);
  });
});

describe('room for answers under way', () => {
  it('is reserved by the length that is announced, else by the largest, and given back once', () => {
    const store = lruAnswers({ maxBytes: 1000, maxEntryBytes: 400 });
    const reserve = vi.spyOn(store, 'reserve');
    const release = vi.spyOn(store, 'release');
    const { watch, end } = setUp({}, store);
    const one = watch()!;
    one.wants!(200, { ...json, 'content-length': '7' });
    expect(one.reserve!()).toBe(true);
    expect(reserve).toHaveBeenLastCalledWith(7);
    const other = watch()!;
    other.wants!(200, json);
    expect(other.reserve!()).toBe(true);
    expect(reserve).toHaveBeenLastCalledWith(400);
    const third = watch()!;
    third.wants!(200, json);
    expect(third.reserve!()).toBe(false);
    third.release!();
    expect(release).not.toHaveBeenCalled();
    end(one);
    one.release!();
    other.release!();
    expect(release.mock.calls).toEqual([[7], [400]]);
  });

  it('is always there in a store that does not count', () => {
    const store: AnswerStore = { get: () => undefined, set() {}, delete() {} };
    const watcher = setUp({}, store).watch()!;
    expect(watcher.reserve!()).toBe(true);
    expect(() => watcher.release!()).not.toThrow();
  });

  it('is not there in a store that throws, which harms no request', () => {
    const fail = () => {
      throw new Error('oops');
    };
    const store: AnswerStore = { get: () => undefined, set() {}, delete() {}, reserve: fail, release: fail };
    expect(setUp({}, store).watch()!.reserve!()).toBe(false);
    const leaking = { ...store, reserve: () => true };
    const watcher = setUp({}, leaking).watch()!;
    expect(watcher.reserve!()).toBe(true);
    expect(() => watcher.release!()).not.toThrow();
  });
});

describe('options of cachedAnswer', () => {
  it.each<[object, string]>([
    [{ coalesced: true }, '`cachedAnswer` has no option `coalesced`; the nearest is `coalesce`.'],
    [{ coalesce: 'yes' }, 'Expected `coalesce` to be true or false, got `"yes"` (string).'],
    [{ key: 'a' }, 'Expected `key` to be a function, got `"a"` (string).'],
    [{ scope: null }, 'Expected `scope` to be a function, got `null`.'],
    [{ store: {} }, 'Expected `store` to be an answer store: an object with `get`, `set` and `delete`, got an object.'],
    [{ maxAgeMs: -1 }, 'Expected `maxAgeMs` to be a finite number of milliseconds, not negative, got `-1` (number).'],
    [
      { freshMs: Number.POSITIVE_INFINITY },
      'Expected `freshMs` to be a finite number of milliseconds, not negative, got `Infinity` (number).',
    ],
    [{ freshMs: 2, maxAgeMs: 1 }, '`freshMs` (2) must be at most `maxAgeMs` (1).'],
  ])('refuses %j', (options, message) => {
    expect(() => cachedAnswer(options)).toThrow(new OptionsError(message));
  });
});

describe('types of cachedAnswer', () => {
  interface HostRequest {
    body: { question: string };
    user: { id: number };
  }
  const breaker = (options: { fallback?: readonly Tier<HostRequest>[] | false }) => options;

  it('gives functions what the host gives its handlers', () => {
    breaker({
      fallback: [
        cachedAnswer({
          key: (req) => {
            expectTypeOf(req).toEqualTypeOf<HostRequest>();
            return req.body.question;
          },
          scope: (req) => req.user.id,
        }),
        cachedAnswer(),
      ],
    });
    expectTypeOf(cachedAnswer<HostRequest>()).toEqualTypeOf<Tier<HostRequest>>();
    // @ts-expect-error: there is no such member
    expect(() => breaker({ fallback: [cachedAnswer({ key: (req) => req.bodi, keys: 1 })] })).toThrow(OptionsError);
  });
});
