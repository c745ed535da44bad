import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Call, hosts } from './hosts.ts';
import { outage, type Scene } from './outage.ts';

const fine = (call: Call) => call.send(200, { fine: true });

describe.each(hosts)('A replayed answer, $name', (host) => {
  const replayed = async (handler: (call: Call) => unknown, scene: Scene = {}) => {
    const { ask, begin, pass } = await outage(host, handler, scene);
    const fresh = await ask();
    begin();
    pass(7_500);
    return { fresh, cached: await ask(), ask };
  };

  it('says so', async () => {
    const { cached } = await replayed((call) =>
      call.send(200, { a: 1 }, { 'cache-control': 'public, max-age=600', expires: 'Fri, 01 Jan 2100 00:00:00 GMT' }),
    );
    expect(cached.headers).toMatchObject({
      age: '7',
      'brownout-fallback': 'l1_cache; reason=forced_open; circuit="a"; age=7',
      'cache-control': 'no-store',
      'cache-status': 'brownout; hit; detail=forced_open',
      'content-length': String(cached.bytes.length),
    });
    expect(cached.headers.expires).toBeUndefined();
    expect(cached.json).toEqual({
      a: 1,
      metadata: {
        from_fallback: true,
        fallback_reason: 'forced_open',
        fallback_level: 'l1_cache',
        circuit: 'a',
        cached_at: '2026-11-20T10:00:00.000Z',
        age_seconds: 7,
      },
    });
  });

  it('tells its age to those who listen', async () => {
    const { ask, begin, pass, brownout } = await outage(host, fine);
    const ages: (number | undefined)[] = [];
    brownout.on('degraded', ({ ageMs }) => void ages.push(ageMs));
    await ask();
    begin();
    pass(7_500);
    await ask();
    await ask({ path: '/a?other' });
    expect(ages).toEqual([7_500, undefined]);
  });

  it('is as old as the caches before us say', async () => {
    const { cached } = await replayed((call) => call.send(200, { a: 1 }, { age: '50' }));
    expect(cached.headers.age).toBe('57');
  });

  it('has what the handler said of its content, and each value of what it said twice', async () => {
    const said = {
      'content-type': 'text/html; charset=utf-8',
      'content-language': 'fr',
      'content-disposition': 'attachment; filename="a.html"',
      'content-security-policy': "default-src 'self'",
      'last-modified': 'Fri, 20 Nov 2026 10:00:00 GMT',
      'x-own': 'yes',
      etag: '"strong"',
    };
    const { cached } = await replayed((call) => {
      call.res.setHeader('Link', ['</a>; rel=next', '</b>; rel=prev']);
      call.send(200, '<p>Bonjour</p>', said);
    });
    expect(cached.headers).toMatchObject({ ...said, link: '</a>; rel=next, </b>; rel=prev' });
    expect(cached.text).toBe('<p>Bonjour</p>');
  });

  it('has nothing of one connection, one request or one moment', async () => {
    const said = {
      connection: 'close, X-Hop',
      'x-hop': '1',
      'keep-alive': 'timeout=9',
      'proxy-authenticate': 'Basic',
      upgrade: 'h2c',
      'x-request-id': 'r1',
      'x-correlation-id': 'c1',
      traceparent: '00-1',
      'server-timing': 'db;dur=1',
      'x-ratelimit-remaining': '3',
      'retry-after': '9',
      date: 'Fri, 20 Nov 2020 10:00:00 GMT',
    };
    const { cached } = await replayed((call) => call.send(200, { a: 1 }, said));
    for (const name of Object.keys(said).filter((name) => !['connection', 'date', 'keep-alive'].includes(name)))
      expect([name, cached.headers[name]]).toEqual([name, undefined]);
    expect(cached.headers.connection).not.toContain('X-Hop');
    expect(cached.headers.date).not.toBe(said.date);
  });

  it('has the headers of earlier middleware as they are for this request', async () => {
    let asked = 0;
    const { fresh, cached } = await replayed(fine, {
      before: ({ res }) => {
        res.setHeader('X-Request-Number', String(++asked));
        res.setHeader('Access-Control-Allow-Origin', '*');
      },
    });
    expect([fresh, cached].map(({ headers }) => headers['x-request-number'])).toEqual(['1', '2']);
    expect(cached.headers['access-control-allow-origin']).toBe('*');
  });

  it.each([
    ['{ "n": 12345678901234567890.10, "é": "\\u00e9", "a": [ ]', ',"metadata":{', '}', ' }'],
    ['{"__proto__": {"polluted": 1}, "constructor": null', ',"metadata":{', '}', '}'],
    ['{', '"metadata":{', '}', '}'],
    ['{"metadata":{', '', ',', '"own":1}}'],
  ])('changes no other byte of %s…', async (before, opening, closing, after) => {
    const { fresh, cached } = await replayed((call) =>
      call.send(200, before + after, { 'content-type': 'application/json' }),
    );
    expect(fresh.text).toBe(before + after);
    const { metadata } = JSON.parse(cached.text) as { metadata: Record<string, unknown> };
    const { own: _, ...tag } = metadata;
    expect(cached.text).toBe(before + opening + JSON.stringify(tag).slice(1, -1) + closing + after);
    expect(tag).toMatchObject({ from_fallback: true, age_seconds: 7 });
  });

  it.each(['[1, 2]', '"text"', '7', '{"metadata": "none"}', '{"metadata": [1]}', '{"metadata": null}'])(
    'leaves %s alone, which has no place for a tag',
    async (text) => {
      const { cached } = await replayed((call) => call.send(200, text, { 'content-type': 'application/json' }));
      expect([cached.level, cached.text]).toEqual(['l1_cache', text]);
    },
  );

  it('answers HEAD with the length of what GET gets, and no body', async () => {
    for (const handler of [fine, (call: Call) => call.send(200, 'text', { 'content-type': 'text/plain' })]) {
      const { cached, ask } = await replayed(handler);
      const head = await ask({ method: 'HEAD' });
      expect(head.status).toBe(200);
      expect(head.text).toBe('');
      expect(head.headers['content-length']).toBe(cached.headers['content-length']);
      expect(head.level).toBe('l1_cache');
    }
  });

  it('is not made of a HEAD', async () => {
    const { ask, begin } = await outage(host, fine);
    await ask({ method: 'HEAD' });
    begin();
    expect((await ask()).level).toBe('unavailable');
    expect((await ask({ method: 'HEAD' })).level).toBe('unavailable');
  });

  it('is whole for a request of a range', async () => {
    const { ask } = await replayed((call) =>
      call.send(200, 'whole', { 'content-type': 'text/plain', 'accept-ranges': 'bytes' }),
    );
    const cached = await ask({ headers: { range: 'bytes=0-1' } });
    expect([cached.status, cached.text, cached.headers['content-range']]).toEqual([200, 'whole', undefined]);
    const conditional = await ask({ headers: { range: 'bytes=0-1', 'if-range': '"x"' } });
    expect([conditional.status, conditional.text]).toEqual([200, 'whole']);
  });

  it.each(['"strong"', 'W/"weak"'])('is 304 to who has the entity tag %s', async (etag) => {
    const { ask } = await replayed((call) => call.send(200, { a: 1 }, { etag, 'content-language': 'en' }));
    for (const known of [etag, `"other", ${etag}`, etag.replace('W/', ''), `W/${etag.replace('W/', '')}`]) {
      for (const method of ['GET', 'HEAD']) {
        const cached = await ask({ method, headers: { 'if-none-match': known } });
        expect([cached.status, cached.text]).toEqual([304, '']);
        expect(cached.headers).toMatchObject({
          etag,
          'brownout-fallback': expect.stringContaining('l1_cache'),
          'cache-control': 'no-store',
        });
        expect(cached.headers['content-language']).toBeUndefined();
        expect(cached.headers['content-type']).toBeUndefined();
      }
    }
    expect((await ask({ headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    expect((await ask({ headers: { 'if-none-match': '*' } })).status).toBe(200);
  });

  it('has no strong entity tag, digest or ranges of other bytes where it was tagged', async () => {
    const said = {
      etag: '"strong"',
      'content-digest': 'sha-256=:abc:',
      'repr-digest': 'sha-256=:abc:',
      'content-md5': 'abc',
      'accept-ranges': 'bytes',
    };
    const { cached } = await replayed((call) => call.send(200, { a: 1 }, said));
    for (const name of Object.keys(said)) expect([name, cached.headers[name]]).toEqual([name, undefined]);
    const { cached: text } = await replayed((call) => call.send(200, 'a', { 'content-type': 'text/plain', ...said }));
    expect(text.headers).toMatchObject(said);
  });

  it('is a stream where it was one', async () => {
    const events = ['data: one\n\n', 'data: two\n\n', 'data: [DONE]\n\n'];
    const { cached } = await replayed((call) =>
      call.send(200, Readable.from(events), { 'content-type': 'text/event-stream' }),
    );
    expect(cached.headers['content-type']).toContain('text/event-stream');
    expect(cached.text).toBe(events.join(''));
  });

  it('is not made of what was cut, left, late or failed', async () => {
    const pending = new Set<() => void>();
    const endings: Record<string, (call: Call) => unknown> = {
      cut: ({ res }) => {
        res.writeHead(200, { 'content-type': 'text/plain', 'content-length': '10' });
        res.write('half');
        setImmediate(() => res.destroy());
        return new Promise(() => {});
      },
      short: ({ res }) => {
        res.writeHead(200, { 'content-type': 'text/plain', 'content-length': '10' });
        res.write('half');
        setImmediate(() => res.socket?.end());
        return new Promise(() => {});
      },
      dies: (call) => {
        const source = new Readable({ read() {} });
        call.send(200, source, { 'content-type': 'text/plain' });
        source.push('half');
        source.on('error', () => {});
        setImmediate(() => source.destroy(new Error('cut')));
        return host.family === 'koa' ? undefined : new Promise(() => {});
      },
      late: ({ res, brownout }) => {
        pending.add(() => res.end('late'));
        brownout.degrade('timeout');
        return new Promise(() => {});
      },
      fails: (call) => {
        call.send(500, { error: 'poison' });
      },
    };
    const { ask, begin } = await outage(host, (call) => endings[call.req.url!.split('?')[1]!]!(call));
    for (const how of Object.keys(endings)) await ask({ path: `/a?${how}` }).catch(() => 'broken');
    for (const late of pending) late();
    begin();
    for (const how of Object.keys(endings))
      expect([how, (await ask({ path: `/a?${how}` })).level]).toEqual([how, 'unavailable']);
  });
});
