import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventClient } from './event-client.ts';

/**
 * Many clients that follow the events and never read: `node --conditions=source dashboard/attack.ts [clients] [limit] [circuits]`, with room
 * for two descriptors a client (`ulimit -n`). Prints what the process holds, and how the application answers meanwhile.
 */
const [clients = 10_000, limit = 20_000, circuits = 500] = process.argv.slice(2).map(Number);
const seconds = 90;

interface Usage {
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly connections: number;
  readonly cpuMs: number;
}

const server = fork(fileURLToPath(new URL('attack-server.ts', import.meta.url)), [`${circuits}`, `${limit}`], {
  execArgv: ['--conditions=source'],
});
const [{ port }] = (await once(server, 'message')) as [{ port: number }];
const url = `http://127.0.0.1:${port}`;
let usage: Usage | undefined;
server.on('message', (message: Usage) => {
  usage = message;
});
server.on('exit', (code) => {
  if (code !== null) console.log(`The server has ended with ${code}`);
});

const reader = await EventClient.open(url);
const sockets: Socket[] = [];
let ended = 0;
const began = performance.now();
const report = async (what: string) => {
  const asked = performance.now();
  const text = await (await fetch(`${url}/app`)).text();
  const ms = performance.now() - asked;
  const mib = (bytes = 0) => `${(bytes / 2 ** 20).toFixed(0)} MiB`.padStart(9);
  const { rss, heapUsed, arrayBuffers, connections = 0, cpuMs = 0 } = usage ?? {};
  const changes = reader.text.split('event: change').length - 1;
  console.log(
    `${((performance.now() - began) / 1_000).toFixed(0).padStart(3)} s  ${what.padEnd(22)} rss${mib(rss)} heap${mib(heapUsed)} buffers${mib(arrayBuffers)}  connections ${connections}  cpu ${(cpuMs / 1_000).toFixed(1)} s  /app ${text} in ${ms.toFixed(1)} ms  the reader has had ${changes} changes`,
  );
};

await setTimeout(5_000);
await report('before');
for (let n = 0; n < clients; n++) {
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.on('error', () => {});
  socket.on('close', () => ended++);
  socket.write('GET /ops/brownout/events HTTP/1.1\r\nhost: a\r\n\r\n');
  sockets.push(socket);
  if (n % 250 === 249) await setTimeout(25);
}
await report(`${clients} have come`);
for (let second = 5; second <= seconds; second += 5) {
  await setTimeout(5_000);
  await report(ended > 0 ? `${ended} have ended` : '');
}
reader.close();
for (const socket of sockets) socket.destroy();
await setTimeout(10_000);
await report('all have gone');
server.kill();
