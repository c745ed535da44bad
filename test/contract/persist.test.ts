import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrownoutEvents, createBrownout, type PersistOptions, persist } from '@brownout/core';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import express5, { type RequestHandler } from 'express';
import Koa from 'koa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Call, hosts, type Options } from './hosts.ts';
import { ask, whenSettled } from './outage.ts';
import { useServers } from './servers.ts';

const serve = useServers();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brownout-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.each(hosts)('A restart, $name', (host) => {
  /** A process of its own, as far as the core goes: a set, and an application for each name. */
  async function boot(names: readonly string[] = ['one'], more: Partial<PersistOptions> = {}) {
    const brownout = createBrownout();
    const told: BrownoutEvents['persist_failed'][] = [];
    brownout.on('persist_failed', (event) => void told.push(event));
    const kept = persist({ file: join(folder, 'state'), brownout, answers: true, ...more });
    const urls: Record<string, string> = {};
    for (const name of names) {
      const handler = (call: Call) => call.send(200, { by: name });
      const text = (call: Call) => call.send(200, '“as it was”', { 'content-type': 'text/plain; charset=utf-8' });
      const routes = { 'GET /a': handler, 'POST /a': handler, 'GET /text': text };
      urls[name] = await serve(host.create({ use: { brownout, circuit: 'a' }, routes }));
    }
    const asked = async (name: string, method = 'GET', path = '/a') => {
      // the same host for all: whoever asks may name any
      const answer = await ask(urls[name]!, { method, path, headers: { host: 'example.org' } });
      await whenSettled(brownout.circuit('a'));
      return answer;
    };
    return { brownout, kept, told, ask: asked };
  }

  it('leaves the answers of an application where its clients find them', async () => {
    const before = await boot();
    expect((await before.ask('one')).json).toEqual({ by: 'one' });
    await before.ask('one', 'GET', '/text');
    await before.kept.close();
    const after = await boot();
    after.brownout.circuit('a').forceOpen();
    expect((await after.ask('one')).json).toMatchObject({ by: 'one', metadata: { fallback_level: 'l1_cache' } });
    const { level, text, headers } = await after.ask('one', 'GET', '/text');
    expect([level, text, headers['content-type']]).toEqual(['l1_cache', '“as it was”', 'text/plain; charset=utf-8']);
    expect(after.brownout.circuit('a').metrics().calls.success).toBe(2);
  });

  it('hands no circuit of a learned route to another application that is asked first', async () => {
    const begin = async () => {
      const brownout = createBrownout();
      const kept = persist({ file: join(folder, 'state'), brownout });
      const urls = await Promise.all(
        ['shop', 'admin'].map((by) =>
          serve(host.create({ use: { brownout }, routes: { 'GET /a': (call: Call) => call.send(200, { by }) } })),
        ),
      );
      return { brownout, kept, asked: async (at: number) => (await ask(urls[at]!, { path: '/a' })).level };
    };
    const before = await begin();
    for (const at of [0, 1]) await before.asked(at);
    before.brownout.circuit('GET /a #2').forceOpen('the admin’s');
    expect([await before.asked(0), await before.asked(1)]).toEqual([undefined, 'l1_cache']);
    await before.kept.close();
    const { asked } = await begin();
    expect([await asked(1), await asked(0), await asked(1), await asked(0)]).toEqual(Array(4).fill(undefined));
  });

  it('leaves out of date what was', async () => {
    const before = await boot();
    await before.ask('one');
    await before.ask('one', 'POST');
    await before.kept.close();
    const after = await boot();
    after.brownout.circuit('a').forceOpen();
    expect((await after.ask('one')).level).toBe('unavailable');
  });

  it('gives nothing to either of two applications where there was one', async () => {
    const before = await boot(['one']);
    await before.ask('one');
    await before.kept.close();
    const after = await boot(['other', 'one']);
    after.brownout.circuit('a').forceOpen();
    await Promise.all([after.ask('one'), after.ask('other')]);
    for (const name of ['other', 'one']) expect((await after.ask(name)).level).toBe('unavailable');
    after.brownout.circuit('a').clearOverride();
    for (const name of ['other', 'one']) expect((await after.ask(name)).json).toEqual({ by: name });
    await after.kept.close();
    expect(after.told).toMatchObject([
      { operation: 'write', error: { message: expect.stringMatching(/^Several applications share these answers/) } },
    ]);
    const last = await boot(['other', 'one']);
    last.brownout.circuit('a').forceOpen();
    expect((await last.ask('other')).level).toBe('unavailable');
  });
});

describe('Applications with names', () => {
  const express = (guard: RequestHandler, name: string) => {
    const app = express5();
    app.use(guard).get('/a', (_req, res) => void res.json({ by: name }));
    return { app, listener: app };
  };
  const koa = (guard: Koa.Middleware, name: string) => {
    const app = new Koa();
    app.use(guard).use((ctx) => {
      ctx.body = { by: name };
    });
    return { app, listener: app.callback() };
  };
  const makers = {
    Express: (options: Options, name: string) => express(forExpress.breaker(options) as RequestHandler, name),
    Koa: (options: Options, name: string) => koa(forKoa.breaker(options), name),
  };

  it.each(Object.entries(makers))(
    'have each its own answers after a restart, in whatever order they come: %s',
    async (_, make) => {
      async function boot(order: readonly string[]) {
        const brownout = createBrownout();
        const made = order.map((name) => [name, make({ brownout, circuit: 'a' }, name)] as const);
        const applications = Object.fromEntries(made.map(([name, { app }]) => [name, app]));
        const kept = persist({ file: join(folder, 'state'), brownout, answers: true, applications });
        const urls = await Promise.all(made.map(([, { listener }]) => serve(createServer(listener))));
        const asked = async () => {
          const answers = [];
          for (const url of urls) answers.push(await ask(url, { headers: { host: 'example.org' } }));
          await whenSettled(brownout.circuit('a'));
          return answers.map(({ json }) => json);
        };
        return { brownout, kept, asked };
      }
      const before = await boot(['shop', 'admin']);
      expect(await before.asked()).toEqual([{ by: 'shop' }, { by: 'admin' }]);
      await before.kept.close();
      const after = await boot(['admin', 'shop']);
      after.brownout.circuit('a').forceOpen();
      expect(await after.asked()).toMatchObject([
        { by: 'admin', metadata: { fallback_level: 'l1_cache' } },
        { by: 'shop', metadata: { fallback_level: 'l1_cache' } },
      ]);
    },
  );
});
