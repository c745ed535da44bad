import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import koaEtag from '@koa/etag';
import type Express from 'express';
import type Koa from 'koa';
import koaConditional from 'koa-conditional-get';
import koaStatic from 'koa-static';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stacks, useOutages } from './stacks.ts';

const outage = useOutages();
const expresses = stacks.filter(({ express }) => express !== undefined);
const koas = stacks.filter(({ express }) => express === undefined);

describe.each(expresses)("Answers by Express's own means, $name", (stack) => {
  const replayed = (handler: Express.RequestHandler, path = '/a') =>
    outage(stack, (guard) => [guard, handler], { path });

  it('are 304 by the entity tag of res.json', async () => {
    const { fresh, ask } = await replayed((_req, res) => void res.json({ a: 1 }));
    const { etag } = fresh.headers;
    expect(etag).toMatch(/^W\//);
    const cached = await ask({ headers: { 'if-none-match': etag } });
    expect([cached.status, cached.level, cached.text]).toEqual([304, 'l1_cache', '']);
    expect((await ask({ headers: { 'if-none-match': 'W/"other"' } })).status).toBe(200);
  });

  it('call the function that res.jsonp was asked for', async () => {
    const { fresh, ask } = await replayed((_req, res) => void res.jsonp({ a: 1 }), '/a?callback=f');
    expect((await ask({ path: '/a?callback=f' })).text).toBe(fresh.text);
    expect((await ask({ path: '/a?callback=g' })).level).toBe('unavailable');
  });

  it('are of the type that res.format chose, for who asks for that', async () => {
    const { ask } = await outage(
      stack,
      (guard) => [
        guard,
        ((_req, res) => {
          res.format({ html: () => res.send('<p>a</p>'), json: () => res.send({ a: 1 }) });
        }) as Express.RequestHandler,
      ],
      { headers: { accept: 'text/html' } },
    );
    expect((await ask({ headers: { accept: 'text/html' } })).text).toBe('<p>a</p>');
    expect((await ask({ headers: { accept: 'application/json' } })).level).toBe('unavailable');
  });
});

describe('Files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'brownout-'));
    await writeFile(join(folder, 'page.html'), '<p>page</p>');
    await writeFile(join(folder, 'image.png'), Buffer.from([137, 80, 78, 71, 0, 255]));
    await writeFile(join(folder, 'data.json'), '{"a": 1}');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const send: Express.RequestHandler = (req, res) => res.sendFile(req.path, { root: folder });
  const download: Express.RequestHandler = (req, res) => res.download(join(folder, req.path), 'own name.bin');
  const ways = [
    ...expresses.flatMap((stack) => [
      { way: 'express.static', name: stack.name, stack, handler: () => stack.express!.static(folder) },
      { way: 'res.sendFile', name: stack.name, stack, handler: () => send },
      { way: 'res.download', name: stack.name, stack, handler: () => download },
    ]),
    ...koas.map((stack) => ({ way: 'koa-static', name: stack.name, stack, handler: () => koaStatic(folder) })),
  ];

  it.each(ways)('by $way, $name, are replayed to the byte', async ({ stack, handler }) => {
    for (const path of ['/page.html', '/image.png']) {
      const { fresh, ask } = await outage(stack, (guard) => [guard, handler()], { path });
      const cached = await ask({ path });
      expect([fresh.status, cached.status, cached.level]).toEqual([200, 200, 'l1_cache']);
      expect(cached.bytes).toEqual(fresh.bytes);
      for (const name of ['content-type', 'etag', 'last-modified', 'content-disposition', 'content-length'])
        expect([name, cached.headers[name]]).toEqual([name, fresh.headers[name]]);
      const known = await ask({ path, headers: { 'if-none-match': fresh.headers.etag ?? '"none"' } });
      expect(known.status).toBe(fresh.headers.etag === undefined ? 200 : 304);
    }
    const { ask } = await outage(stack, (guard) => [guard, handler()], { path: '/data.json' });
    expect((await ask({ path: '/data.json' })).json).toMatchObject({ a: 1, metadata: { from_fallback: true } });
  });

  it.each(ways)('by $way, $name, are not made of a part, nor of a 304', async ({ stack, handler }) => {
    for (const headers of [{ range: 'bytes=0-1' }, { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }]) {
      const { fresh, ask } = await outage(stack, (guard) => [guard, handler()], { path: '/page.html', headers });
      if (fresh.status === 200) continue; // koa-static knows neither
      expect([206, 304]).toContain(fresh.status);
      expect((await ask({ path: '/page.html' })).level).toBe('unavailable');
    }
  });
});

describe.each(koas)("Answers by Koa's own means, $name", (stack) => {
  const tagged = [koaConditional(), koaEtag()] as Koa.Middleware[];

  it('are 304 by the entity tag of @koa/etag inside, which the tagged JSON has not', async () => {
    const { fresh, ask } = await outage(stack, (guard) => [guard, ...tagged, stack.gives('json', '{"a":1}')]);
    const { etag } = fresh.headers;
    const known = await ask({ headers: { 'if-none-match': etag } });
    expect([known.status, known.level, known.headers.etag]).toEqual([304, 'l1_cache', etag]);
    const cached = await ask({});
    expect([cached.status, cached.headers.etag]).toEqual([200, undefined]);
  });

  it('have the entity tag of @koa/etag inside where they are not tagged', async () => {
    const { fresh, ask } = await outage(stack, (guard) => [guard, ...tagged, stack.gives('text', 'a')]);
    expect(fresh.headers.etag).toBeDefined();
    expect((await ask({})).headers.etag).toBe(fresh.headers.etag);
  });

  it('are given to @koa/etag outside, as the handler gives its own', async () => {
    const { fresh, ask } = await outage(stack, (guard) => [...tagged, guard, stack.gives('text', 'a')]);
    const cached = await ask({ headers: { 'if-none-match': fresh.headers.etag } });
    expect([cached.status, cached.level]).toEqual([304, 'l1_cache']);
  });

  it.each<[string, () => unknown]>([
    ['Readable', () => Readable.from(['one ', 'two'])],
    ['Blob', () => new Blob(['one ', 'two'])],
    ['ReadableStream', () => new Blob(['one ', 'two']).stream()],
    ['Response', () => new Response('one two')],
  ])('are kept of a %s', async (kind, body) => {
    if (stack.name === 'Koa 2' && kind !== 'Readable') return; // it has no such body
    const give: Koa.Middleware = (ctx) => {
      ctx.body = body() as never;
      ctx.type = 'text/plain';
    };
    const { fresh, ask } = await outage(stack, (guard) => [guard, give]);
    const cached = await ask({});
    expect([fresh.text, cached.text, cached.level]).toEqual(['one two', 'one two', 'l1_cache']);
  });
});
