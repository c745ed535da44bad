import { createServer } from 'node:http';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import bodyParser from '@koa/bodyparser';
import Router from '@koa/router';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { useServers } from './servers.ts';

const serve = useServers();

interface Ask {
  readonly question: string;
}
type Work = (data: Ask, call: { readonly signal: AbortSignal }) => unknown;

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/ask`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'x-user': 'ann', ...headers },
  });
const as = (user: string, method = 'GET') => ({ method, headers: { 'x-user': user } });

const hosts = {
  Express(brownout: forExpress.Brownout, run: Work, more: object) {
    const later = forExpress.queueForLater({
      data: (req: express.Request) => (req.body as Ask | undefined) && { question: (req.body as Ask).question },
      scope: (req) => req.headers['x-user'],
      run,
      ...more,
    });
    const app = express();
    app.use(express.json(), forExpress.jobs(later));
    app.post('/ask', forExpress.breaker({ brownout, circuit: 'llm', fallback: [later] }), (_req, res) => {
      res.json({ answer: 'live' });
    });
    return createServer(app);
  },
  Koa(brownout: forExpress.Brownout, run: Work, more: object) {
    const later = forKoa.queueForLater({
      data: (ctx: Koa.Context) => {
        const { body } = ctx.request as unknown as { readonly body?: Ask };
        return body && { question: body.question };
      },
      scope: (ctx) => ctx.headers['x-user'],
      run,
      ...more,
    });
    const app = new Koa();
    const router = new Router();
    router.post('/ask', forKoa.breaker({ brownout, circuit: 'llm', fallback: [later] }) as never, (ctx) => {
      ctx.body = { answer: 'live' };
    });
    app.use(bodyParser() as never);
    app.use(forKoa.jobs(later)).use(router.routes() as never);
    return createServer(app.callback());
  },
};

describe.each(Object.entries(hosts))('A queue for later, %s', (_, host) => {
  async function start(run: Work = async ({ question }) => ({ answer: `to ${question}` }), more: object = {}) {
    const brownout = forExpress.createBrownout({ resetTimeoutMs: 60_000 });
    const url = await serve(host(brownout, run, more));
    const circuit = brownout.circuit('llm');
    circuit.forceOpen();
    return { url, circuit };
  }

  it('answers 202 with the place to ask, and gives the result once the circuit has closed', async () => {
    const { url, circuit } = await start();
    const response = await post(url, { question: 'why' });
    expect(response.status).toBe(202);
    const body = (await response.json()) as Record<string, string>;
    expect(body).toMatchObject({
      job_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status_url: `/jobs/${body['job_id']}`,
      expires_at: expect.any(String),
      metadata: { from_fallback: true, fallback_level: 'queued', fallback_reason: 'forced_open', circuit: 'llm' },
    });
    expect(response.headers.get('location')).toBe(body['status_url']);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(response.headers.get('brownout-fallback')).toContain('queued; reason=forced_open');

    const place = url + body['status_url'];
    const queued = await fetch(place, as('ann'));
    expect(queued.headers.get('retry-after')).toBe('5');
    expect(queued.headers.get('cache-control')).toBe('no-store');
    expect(await queued.json()).toMatchObject({ job_id: body['job_id'], status: 'queued' });

    circuit.forceClose();
    expect((await post(url, { question: 'now' })).status).toBe(200);
    const state = async () => (await (await fetch(place, as('ann'))).json()) as object;
    await expect
      .poll(state)
      .toMatchObject({ status: 'done', result: { answer: 'to why' }, finished_at: expect.any(String) });
  });

  it('shows and cancels a job for its own scope alone', async () => {
    const { url } = await start();
    const { status_url: place } = (await (await post(url, { question: 'why' })).json()) as { status_url: string };
    for (const method of ['GET', 'DELETE']) expect((await fetch(url + place, as('bob', method))).status).toBe(404);
    expect((await fetch(url + place, as('ann', 'PUT'))).status).toBe(405);
    expect((await fetch(url + place, as('ann', 'HEAD'))).status).toBe(200);
    expect((await fetch(url + place, as('ann', 'DELETE'))).status).toBe(204);
    expect(await (await fetch(url + place, as('ann'))).json()).toMatchObject({ status: 'cancelled' });
    expect((await fetch(`${url}/jobs/none`, as('ann'))).status).toBe(404);
    expect((await fetch(`${url}/jobs`, as('ann'))).status).toBe(404);
  });

  it('gives the same job for the same Idempotency-Key', async () => {
    const { url } = await start();
    const id = async (key: string, user = 'ann') => {
      const response = await post(url, { question: 'why' }, { 'idempotency-key': key, 'x-user': user });
      return ((await response.json()) as { job_id: string }).job_id;
    };
    const first = await id('"k"');
    expect(await id('"k"')).toBe(first);
    expect(await id('"l"')).not.toBe(first);
    expect(await id('"k"', 'bob')).not.toBe(first);
  });

  it.each<[string, object, Record<string, string>, object]>([
    ['too large', { question: 'x'.repeat(500) }, {}, { maxBytes: 100 }],
    ['from nobody', { question: 'why' }, { 'x-user': '' }, { scope: () => undefined }],
    ['none', {}, {}, { data: () => undefined }],
    ['a circle', { question: 'why' }, {}, { data: () => circle }],
    ['a promise', { question: 'why' }, {}, { data: async () => 1 }],
  ])('passes what is %s to the next tier', async (_what, body, headers, more) => {
    const { url } = await start(undefined, more);
    expect((await post(url, body, headers)).status).toBe(503);
  });

  it('passes to the next tier what it has no room for', async () => {
    const { url } = await start(undefined, { maxPerScope: 2 });
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await post(url, { question: 'why' })).status);
    expect(statuses).toEqual([202, 202, 503]);
  });
});

const circle: { self?: object } = {};
circle.self = circle;

describe('queueForLater', () => {
  const { queueForLater } = forExpress;
  const whole = { data: () => 1, run: () => 1, scope: () => 'a' };

  it.each<[object, string]>([
    [{}, '`data`'],
    [{ ...whole, scope: undefined }, '`scope`'],
    [{ ...whole, path: 'jobs' }, '`path`'],
    [{ ...whole, path: '/jobs/' }, '`path`'],
    [{ ...whole, maxJobs: 0 }, '`maxJobs`'],
    [{ ...whole, queue: 1 }, 'no option `queue`'],
  ])('refuses %o', (options, said) => {
    expect(() => queueForLater(options as never)).toThrow(forExpress.OptionsError);
    expect(() => queueForLater(options as never)).toThrow(said);
  });
});
