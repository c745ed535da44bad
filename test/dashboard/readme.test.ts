import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type Koa from 'koa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';

const readme = await readFile(new URL('../../packages/dashboard/README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
const folder = new URL('./.readme/', import.meta.url);
const serve = useServers();

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  Object.assign(globalThis, {
    isOperator(asked: IncomingMessage | Koa.Context) {
      const user = { name: 'ada' };
      if ('state' in asked) asked.state['user'] = user;
      else Object.assign(asked, { user });
      return asked.headers['authorization'] === 'secret';
    },
    ask(host: { body?: unknown }, res?: ServerResponse) {
      if (typeof res?.end === 'function') res.end('asked');
      else host.body = 'asked';
    },
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the README of @brownout/dashboard', () => {
  it.each([
    ['Express', 0],
    ['Koa', 1],
  ])('shows an application of %s whose circuits can be seen, and changed by who may', async (_host, at) => {
    const file = fileURLToPath(new URL(`block-${at}.js`, folder));
    await writeFile(file, `${blocks[at]}\nexport { app, brownout };\n`);
    const { app, brownout } = await import(/* @vite-ignore */ file);
    const url = await serve(typeof app === 'function' ? (app as RequestListener) : (app as Koa).callback());
    expect(await (await fetch(`${url}/ask`)).text()).toBe('asked');
    expect(await (await fetch(`${url}/brownout/health`)).json()).toMatchObject({ status: 'healthy', canChange: true });
    const [name] = brownout.circuits.keys();
    const { circuits } = (await (await fetch(`${url}/brownout/circuits`)).json()) as { circuits: { href: string }[] };
    const change = (headers: object) =>
      fetch(`${url}/brownout/${circuits[0]!.href}/force-open`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"reason":"maintenance"}',
      });
    expect((await change({})).status).toBe(403);
    expect((await change({ authorization: 'secret' })).status).toBe(200);
    expect(brownout.circuits.get(name).mode).toBe('forced_open');
    expect((await fetch(`${url}/ask`)).headers.get('brownout-fallback')).toContain('forced_open');
    const details = await (await fetch(`${url}/brownout/${circuits[0]!.href}`)).json();
    expect(details).toMatchObject({ circuit: { events: [{ kind: 'action', why: 'maintenance', by: 'ada' }] } });
  });
});
