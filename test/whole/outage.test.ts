import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBrownout } from '@brownout/core';
import { afterEach, describe, expect, it } from 'vitest';
import { hosts } from '../contract/hosts.ts';
import { listen } from '../contract/servers.ts';

const timeoutMs = 500;
let upstream: ChildProcess | undefined;
afterEach(() => {
  upstream?.kill('SIGKILL');
});

async function freePort(): Promise<number> {
  const server = createServer();
  await listen(server);
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function startUpstream(port: number): Promise<void> {
  upstream = fork(new URL('./upstream.ts', import.meta.url), [String(port)]);
  await once(upstream, 'message');
}

describe.each(hosts)('$name, its upstream killed in the middle of traffic', (host) => {
  it('answers every request in time, opens, and closes by itself when the upstream is back', async () => {
    const port = await freePort();
    await startUpstream(port);
    const brownout = createBrownout({ resetTimeoutMs: 200, resetTimeoutMaxMs: 200 });
    const server = host.create({
      use: { brownout, circuit: 'upstream', timeoutMs },
      routes: {
        'POST /ask': async (call) => {
          const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: call.brownout.signal });
          call.send(200, (await answer.json()) as object);
        },
      },
    });
    const url = await listen(server);
    const seen: { status: number; degraded: boolean; tookMs: number }[] = [];
    let running = true;
    const client = async () => {
      while (running) {
        const began = performance.now();
        const response = await fetch(`${url}/ask`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        });
        await response.json();
        seen.push({
          status: response.status,
          degraded: response.headers.has('brownout-fallback'),
          tookMs: performance.now() - began,
        });
        await sleep(2);
      }
    };
    const circuit = brownout.circuit('upstream');
    const traffic = Promise.all(Array.from({ length: 10 }, client)); // a dropped socket rejects
    await expect.poll(() => circuit.metrics().calls.success, { timeout: 5_000 }).toBeGreaterThan(50);
    upstream!.kill('SIGKILL');
    await expect.poll(() => circuit.state, { timeout: 5_000 }).toBe('open');
    await expect.poll(() => circuit.metrics().calls.refused, { timeout: 5_000 }).toBeGreaterThan(10);
    await startUpstream(port);
    await expect.poll(() => circuit.state, { timeout: 5_000 }).toBe('closed');
    const closedAfter = seen.length;
    await expect.poll(() => seen.length, { timeout: 5_000 }).toBeGreaterThan(closedAfter + 20);
    running = false;
    await traffic;
    await new Promise((resolve) => server.close(resolve));

    expect(seen.filter(({ status, degraded }) => !(status === 200 || (status === 503 && degraded)))).toEqual([]);
    expect(seen.filter(({ status, degraded }) => status === 200 && degraded)).toEqual([]);
    expect(seen.some(({ status }) => status === 503)).toBe(true);
    expect(seen.at(-1)!.status).toBe(200);
    // far more than the deadline only on a machine that stands still
    expect(Math.max(...seen.map(({ tookMs }) => tookMs))).toBeLessThan(timeoutMs + 2_000);
  }, 30_000);
});
