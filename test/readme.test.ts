import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import type Koa from 'koa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventNames } from '../packages/core/src/events.ts';
import { breakerRules } from '../packages/core/src/guard/guard-options.ts';
import { useServers } from './contract/servers.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const coreReadme = await readFile(new URL('../packages/core/README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
const folder = new URL('./.readme/', import.meta.url);

/** Runs a block as it stands, but for the port; hands out its `app` where it has one. */
async function run(block: string, at: number): Promise<Record<string, unknown>> {
  const file = new URL(`block-${at}.js`, folder);
  const app = /const app\b/.test(block) ? '\nexport { app };\n' : '\nexport {};\n';
  await writeFile(file, block.replace(/app\.listen\(3000\);/, '') + app);
  return import(/* @vite-ignore */ fileURLToPath(file));
}

const serve = useServers();

/** Serves the `app` of a block. */
async function start(at: number): Promise<string> {
  const { app } = await run(blocks[at]!, at);
  (app as { silent?: boolean }).silent = true;
  return serve(typeof app === 'function' ? (app as RequestListener) : (app as Koa).callback());
}

async function post(url: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

let upstreamFails = false;
beforeEach(() => {
  upstreamFails = false;
});
beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  const answer = async () => {
    if (upstreamFails) throw new Error('upstream is down');
    return { answer: 'Nine million litres.' };
  };
  Object.assign(globalThis, {
    askOpenAI: answer,
    askAzure: async () => ({ answer: 'Nine million litres, says Azure.' }),
    retrieve: async () => ['The reservoir holds nine million litres of water.'],
    // Express hands over (req, res), Koa its context
    ask: async (host: { body?: unknown; brownout: { signal: AbortSignal } }, res?: { json?(body: object): void }) => {
      const body = await answer();
      if (typeof res?.json === 'function') res.json(body);
      else host.body = body;
    },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the README', () => {
  it('has the blocks that are run here', () => {
    expect(blocks.map((block) => /from '(@brownout\/\w+)'/.exec(block)?.[1])).toEqual([
      '@brownout/express',
      '@brownout/koa',
      '@brownout/core',
      '@brownout/express',
      '@brownout/express',
      '@brownout/express',
    ]);
  });

  it.each([0, 1])('shows an application that degrades as it says (block %i)', async (at) => {
    const url = await start(at);
    const ask = (question: string) => post(`${url}/ask`, { question });
    expect(await ask('How much does the reservoir hold?')).toEqual({
      status: 200,
      body: { answer: 'Nine million litres.' },
    });
    upstreamFails = true;
    expect(await ask('How much does the reservoir hold?')).toMatchObject({
      status: 200,
      body: { answer: 'Nine million litres.', metadata: { fallback_level: 'l1_cache', circuit: 'openai' } },
    });
    expect(await ask('Is the reservoir full of water?')).toMatchObject({
      status: 200,
      body: { metadata: { fallback_level: 'excerpts' } },
    });
    expect(await ask('Who won the cup in chess?')).toMatchObject({
      status: 503,
      body: { detail: "AI assistant is temporarily unavailable. We're working on it." },
    });
  });

  it('shows an LLM route (block 3)', async () => {
    const url = await start(3);
    const ask = (question: string) => post(`${url}/ask`, { question });
    expect(await ask('How much does the reservoir hold?')).toMatchObject({ status: 200 });
    upstreamFails = true;
    expect(await ask('how much does the reservoir hold')).toMatchObject({
      status: 200,
      body: { answer: 'Nine million litres.', metadata: { fallback_level: 'l1_cache' } },
    });
    expect(await ask('Is the reservoir full of water?')).toMatchObject({
      status: 200,
      body: { sources: [], metadata: { fallback_level: 'excerpts' } },
    });
    expect(await ask('Who won the cup in chess?')).toMatchObject({ status: 503 });
  });

  it('shows providers of which the next answers when one fails (block 4)', async () => {
    const url = await start(4);
    const ask = () => post(`${url}/ask`, { question: 'How much?' });
    expect(await ask()).toMatchObject({ status: 200, body: { metadata: { provider: 'openai/gpt' } } });
    upstreamFails = true;
    expect(await ask()).toMatchObject({ status: 200, body: { metadata: { provider: 'azure/gpt' } } });
  });

  it('shows how to do it later (block 5)', async () => {
    const url = await start(5);
    upstreamFails = true;
    const { status, body } = await post(`${url}/ask`, { question: 'How much?' });
    expect([status, body['metadata']]).toMatchObject([202, { fallback_level: 'queued' }]);
    upstreamFails = false;
    const job = async () => (await fetch(url + String(body['status_url']))).json();
    await expect.poll(job, { timeout: 20_000 }).toMatchObject({
      status: 'done',
      result: { answer: 'Nine million litres.' },
    });
  });

  it('shows a circuit by itself (block 2)', async () => {
    await run(blocks[2]!, 2);
  });

  it('lists every option, and no other', () => {
    const named = [...readme.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap((row) =>
      [...row[1]!.matchAll(/`(\w+)`/g)].map((match) => match[1]!),
    );
    expect(named.sort()).toEqual(Object.keys(breakerRules).sort());
  });

  it('lists every event, and no other, in the one of core', () => {
    const table = /^## Events\n([\s\S]*?)^## /m.exec(coreReadme)![1]!;
    const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap((row) =>
      [...row[1]!.matchAll(/`(\w+)`/g)].map((match) => match[1]!),
    );
    expect(named.sort()).toEqual([...eventNames].sort());
  });

  it('shows a shutdown that ends and is written down, though somebody follows a stream that does not', async () => {
    const block = /```ts\n(const kept = persist\([\s\S]*?)```/.exec(coreReadme)![1]!;
    const script = new URL('shutdown.js', folder);
    const file = fileURLToPath(new URL('shutdown-state', folder));
    await writeFile(
      script,
      `import { createServer } from 'node:http';
      import { brownout, persist } from '@brownout/core';
      const server = createServer((_req, res) => res.write('one'));
      ${block.replace(/'\/var[^']*'/, JSON.stringify(file)).replace('10_000', '1')}
      brownout.circuit('shop').forceOpen('maintenance');
      server.listen(0, '127.0.0.1', () => console.log(server.address().port));`,
    );
    const child = spawn(process.execPath, ['--conditions=source', fileURLToPath(script)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      const follower = await fetch(`http://127.0.0.1:${String(port).trim()}`);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await expect(follower.text()).rejects.toThrow();
      expect(await ended).toEqual([0, null]);
      expect(await readFile(file, 'utf8')).toContain('maintenance');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
