import { createBrownout } from '@brownout/core';
import { dashboard } from '@brownout/dashboard';
import { afterEach, describe, expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { ask, at, change, everybody } from './client.ts';

const names = [
  '.',
  '..',
  '../../etc/passwd',
  'a/b',
  'a/../b',
  'a//b',
  '/',
  '%2F',
  '%',
  '%00',
  '\u0000',
  'line\r\nbreak: x',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '🐙',
  'é',
  'e\u0301',
  '~',
  `~${'A'.repeat(43)}`,
  'search/reset',
  'reset',
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "'; DROP TABLE circuits; --",
  '\u2028',
  '?',
  '#',
  'POST /users/:id',
  'x'.repeat(10_240),
  '🐙'.repeat(2_560),
];

const serve = useServers();
let close = () => {};
afterEach(() => close());

async function start() {
  const brownout = createBrownout();
  for (const name of names) brownout.circuit(name);
  const made = dashboard({ ...everybody, brownout, path: at });
  close = made.close;
  return { brownout, url: await serve(made) };
}

describe('a circuit of any name', () => {
  it('has an address that leads to it, and to no other', async () => {
    const { brownout, url } = await start();
    const { circuits } = (await ask(url, '/circuits')).json as { circuits: { name: string; href: string }[] };
    expect(circuits.map(({ name }) => name)).toEqual(names);
    for (const { name, href } of circuits) {
      // as a browser asks for it, and as it is written
      for (const path of [new URL(href, `${url}${at}/`).pathname.slice(at.length), `/${href}`])
        expect([name, (await ask(url, path)).json.circuit.name]).toEqual([name, name]);
      const { status, json } = await change(url, `/${href}/force-open`, { reason: `because of ${name.slice(0, 100)}` });
      expect([name, status, json.circuit?.name]).toEqual([name, 200, name]);
      const open = [...brownout.circuits.values()].filter(({ mode }) => mode === 'forced_open');
      expect(open.map((circuit) => circuit.name)).toEqual([name]);
      expect((await change(url, `/${href}`, { reason: 'a', options: { failureThreshold: 7 } }, 'PATCH')).status).toBe(
        200,
      );
      brownout.circuits.get(name)!.reset();
    }
    expect([...brownout.circuits.keys()]).toEqual(names);
  });

  it('is told in health and in events as it is', async () => {
    const { brownout, url } = await start();
    for (const circuit of brownout.circuits.values()) circuit.forceOpen();
    expect((await ask(url, '/health')).json.failing).toEqual(names);
  });

  it('puts nothing into the page but text', async () => {
    const { url } = await start();
    const { text } = await ask(url, '/');
    expect(text).not.toMatch(/<img src=x|<script>alert/);
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });
});
