import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Child } from '../test/child.ts';
import { start } from '../test/child.ts';

let child: Child | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
});

const run = (...args: string[]) => {
  const ports = args.includes('--port') ? [] : ['--port', '0', '--koa-port', '0'];
  child = start('demo/main.ts', [...ports, ...args]);
  return child;
};

const json = { 'content-type': 'application/json' };
const ask = (url: URL, question: unknown = 'What is a brownout?') =>
  fetch(url, { method: 'POST', headers: json, body: JSON.stringify({ question }) });

/** Waits until the upstream has been called so many times. */
async function reached(state: URL, calls: number): Promise<void> {
  for (;;) {
    const { upstream } = (await (await fetch(state)).json()) as { upstream: { calls: number } };
    if (upstream.calls >= calls) return;
  }
}

describe('The tour', () => {
  it('sees on both hosts what it has to see, and exits by itself with 0', { timeout: 90_000 }, async () => {
    const tour = run('--tour');
    expect([await tour.exited, tour.output()]).toEqual([0, expect.stringContaining('All 36 answers')]);
  });
});

describe('The demo', () => {
  it('serves the page, answers a question and stops cleanly on SIGINT', { timeout: 15_000 }, async () => {
    const demo = run();
    const page = await demo.match(/http:\/\/127\.0\.0\.1:\d+\/(?=\s)/);
    const html = await fetch(page);
    expect(html.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(await html.text()).toContain('<h1>brownout</h1>');

    for (const path of ['ask', 'koa/ask']) {
      const response = await ask(new URL(path, page));
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ answer: expect.stringContaining('drop in voltage') });
    }

    // A page that watches, and a question under way, do not hold it up.
    const watching = await fetch(new URL('demo/events', page));
    await fetch(new URL('demo/upstream', page), { method: 'PUT', headers: json, body: '{"mode":"hang"}' });
    const asking = ask(new URL('ask', page)).catch(() => 'cut');
    await reached(new URL('demo/state', page), 3);
    demo.kill('SIGINT');
    expect(await demo.exited).toBe(0);
    expect(await asking).toBe('cut');
    await watching.body?.cancel().catch(() => {});
  });

  it('shows the circuits of both hosts, and lets this machine change them, but no page under another name', async () => {
    const demo = run();
    for (const pattern of [/http:\S+\/brownout\/(?= {2}http)/, /(?<=\/brownout\/ {2})http:\S+\/brownout\//]) {
      const page = await demo.match(pattern);
      const { canChange, failing } = (await (await fetch(new URL('health', page))).json()) as Record<string, unknown>;
      expect([canChange, failing]).toEqual([true, []]);
      expect(await (await fetch(page)).text()).toContain('openai');
      const change = (headers: object) =>
        new Promise((resolve, reject) => {
          const path = new URL('circuits/openai/force-open', page);
          const asking = request(path, { method: 'POST', headers: { ...json, ...headers } }, resolve);
          asking.on('error', reject).end('{"reason":"a test"}');
        });
      expect(await change({ host: 'elsewhere.example', origin: 'http://elsewhere.example' })).toMatchObject({
        statusCode: 403,
      });
      expect(await change({})).toMatchObject({ statusCode: 200 });
      expect(await (await fetch(new URL('health', page))).json()).toMatchObject({ failing: ['openai'] });
    }
  });

  it('says what is wrong with a question, and goes on', { timeout: 15_000 }, async () => {
    const page = await run().match(/http:\/\/127\.0\.0\.1:\d+\/(?=\s)/);
    for (const path of ['ask', 'ask/any', 'ask/later', 'koa/ask', 'koa/ask/any', 'koa/ask/later']) {
      const url = new URL(path, page);
      const statusOf = async (question: unknown) => {
        const response = await ask(url, question);
        const { error } = (await response.json()) as { error?: string };
        return [response.status, Boolean(error)];
      };
      for (const question of [null, ' ', 7, 'a'.repeat(2_001)]) expect(await statusOf(question)).toEqual([400, true]);
      expect(await statusOf('a'.repeat(1_000_000))).toEqual([413, true]);
      const text = await fetch(url, { method: 'POST', body: 'What is a brownout?' });
      const binary = await fetch(url, { method: 'POST', headers: json, body: new Uint8Array([0, 255, 123]) });
      expect([text.status, binary.status]).toEqual([400, 400]);
      expect((await ask(url)).status).toBe(200);
    }
  });

  it('says what is wrong with an argument, and exits with 1', async () => {
    const demo = run('--host', 'hapi');
    expect(await demo.exited).toBe(1);
    expect(demo.output()).toContain('--host is express, koa or both, not hapi');
  });

  it('leaves nothing behind when a port cannot be had, and exits with 1', async () => {
    expect(await run('--port', '65535', '--koa-port', '65535').exited).toBe(1);
  });
});
