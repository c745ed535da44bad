import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type Brownout, createBrownout } from '@brownout/core';
import { dashboard } from '@brownout/dashboard';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { ask, at } from './client.ts';
import { EventClient } from './event-client.ts';

const serve = useServers();
let leave: (() => void)[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  for (const one of leave) one();
  leave = [];
  vi.useRealTimers();
});

const clients = 40;
const circuits = 300;

/** All that a server's sockets hold to be read. */
const waiting = (sockets: Iterable<Socket>) => Math.max(0, ...[...sockets].map((socket) => socket.writableLength));

/** An application with a dashboard of many circuits, and the sockets that it holds. */
async function start(brownout: Brownout, maxClients: number) {
  for (let n = 0; n < circuits; n++) brownout.circuit(`GET /a/route/of/some/length/${n}`);
  const made = dashboard({ brownout, path: at, maxClients });
  const server = createServer((req, res) => made(req, res, () => void res.end('app')));
  const held = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    held.add(socket);
    socket.on('close', () => held.delete(socket));
  });
  leave.push(made.close);
  return { url: await serve(server), held };
}

/** A second in which every circuit has a call. */
async function second(brownout: Brownout) {
  for (const circuit of brownout.circuits.values()) {
    const permit = circuit.admit();
    if (permit.admitted) permit.success(1);
  }
  vi.advanceTimersByTime(1_000);
  for (let turns = 0; turns < 20; turns++) await setImmediate();
}

describe('clients that never read', () => {
  it('are dropped, hold little until then, and keep nobody from being served', async () => {
    const brownout = createBrownout();
    const { url, held } = await start(brownout, clients + 1);
    const reader = await EventClient.open(url);
    const port = Number(new URL(url).port);
    const all = Array.from({ length: clients }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.pause();
      socket.on('error', () => {}); // it is dropped
      socket.write(`GET ${at}/events HTTP/1.1\r\nhost: a\r\n\r\n`);
      leave.push(() => socket.destroy());
      return socket;
    });
    await reader.next('snapshot');
    await vi.waitFor(async () => expect((await ask(url, '/events', { method: 'HEAD' })).status).toBe(503)); // all are there
    const snapshotBytes = Buffer.byteLength((await ask(url, '/circuits')).text);

    const most: number[] = [];
    for (let seconds = 0; seconds < 400 && held.size > 2; seconds++) {
      await second(brownout);
      most.push(waiting(held));
    }
    expect(Math.max(...most)).toBeLessThan(3 * snapshotBytes);
    await vi.waitFor(async () => expect((await ask(url, '/events', { method: 'HEAD' })).status).toBe(200));
    expect(all.filter((socket) => !socket.destroyed)).toHaveLength(clients); // as they see it
    expect(await (await fetch(`${url}/app`)).text()).toBe('app');
    brownout.circuit('a').forceOpen();
    await reader.next('circuit_event');
    reader.close();
  });

  it('that read again have all there is, and the events that they have missed', async () => {
    const brownout = createBrownout();
    const circuit = brownout.circuit('a');
    const { url, held } = await start(brownout, 2);
    const reader = await EventClient.open(url);
    await reader.next('snapshot');
    reader.response.pause();
    do await second(brownout);
    while (waiting(held) === 0);
    for (let n = 0; n < 25; n++) {
      circuit.forceOpen(`${2 * n}`);
      circuit.clearOverride(`${2 * n + 1}`);
    }
    await second(brownout);
    reader.response.resume();
    await vi.waitFor(() => {
      vi.advanceTimersByTime(1_000);
      expect(reader.text).toContain('"why":"49"');
    });
    const { events } = reader;
    const whys = events.filter(({ event }) => event === 'circuit_event').map(({ data }) => Number(data.why));
    expect(whys).toEqual(Array.from({ length: 50 }, (_, index) => index));
    const last = events.findLastIndex(({ event }) => event === 'snapshot');
    expect(last).toBeGreaterThan(0);
    expect(events[last]!.data.circuits).toHaveLength(circuits + 1);
    reader.close();
  });
});
