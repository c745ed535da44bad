import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const perRound = 4_000;
const rounds = 15;

/** How requests come: so many connections, on each of which so many requests are sent at once. */
interface Load {
  readonly name: string;
  readonly connections: number;
  readonly batch: number;
}

/** As most load tools send them; and with as little of the system's own work in each request as there can be. */
const loads: readonly Load[] = [
  { name: 'kept alive', connections: 50, batch: 1 },
  { name: 'pipelined', connections: 1, batch: 50 },
];
const mostConnections = Math.max(...loads.map(({ connections }) => connections));

interface Round {
  /** CPU time of the server's process for a request, garbage collection included, in microseconds. */
  readonly cpuUs: number;
  /** Requests in a second. */
  readonly throughput: number;
}

interface Application {
  readonly name: string;
  readonly child: ChildProcess;
  readonly sockets: readonly Socket[];
}

const request = 'GET /ask HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n';
const status = 'HTTP/1.1 200 ';

async function told<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}

async function start(name: string): Promise<Application> {
  const child = fork(new URL('./routes-server.ts', import.meta.url), [name], { execArgv: ['--conditions=source'] });
  const { port } = await told<{ port: number }>(child);
  const sockets = Array.from({ length: mostConnections }, () => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return { name, child, sockets };
}

/** Sends batches on one connection, each when the one before is answered. */
function sendBatches(socket: Socket, batch: number, batches: number): Promise<void> {
  return new Promise((resolve) => {
    const text = request.repeat(batch);
    let sent = 1;
    let answered = 0;
    let rest = '';
    const onData = (chunk: Buffer) => {
      const data = rest + chunk.toString('latin1');
      rest = data.slice(1 - status.length); // a head may begin in one chunk and end in the next
      for (let at = data.indexOf(status); at !== -1; at = data.indexOf(status, at + status.length)) answered++;
      if (answered < sent * batch) return;
      if (sent === batches) {
        socket.off('data', onData);
        resolve();
      } else {
        sent++;
        socket.write(text);
      }
    };
    socket.on('data', onData);
    socket.write(text);
  });
}

async function send({ sockets }: Application, { connections, batch }: Load, count: number): Promise<void> {
  const batches = count / connections / batch;
  await Promise.all(sockets.slice(0, connections).map((socket) => sendBatches(socket, batch, batches)));
}

async function cpuOf({ child }: Application): Promise<number> {
  child.send('cpu');
  return (await told<{ cpuUs: number }>(child)).cpuUs;
}

async function measured(application: Application, load: Load): Promise<Round> {
  const [cpuBefore, begun] = [await cpuOf(application), performance.now()];
  await send(application, load, perRound);
  const seconds = (performance.now() - begun) / 1_000;
  return { cpuUs: ((await cpuOf(application)) - cpuBefore) / perRound, throughput: perRound / seconds };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Guarded routes next to bare ones, each in a process of its own, in interleaved rounds. */
export async function routesBench(): Promise<void> {
  for (const host of ['express', 'koa']) {
    const names = [`${host} bare`, `${host} guarded`, `${host} guarded, caching`, `${host} cached while open`];
    const applications = await Promise.all(names.map(start));
    for (const application of applications) {
      for (const load of loads) await send(application, load, 2 * perRound);
      if (!application.name.endsWith('open')) continue;
      application.child.send('open');
      await told(application.child);
      for (const load of loads) await send(application, load, perRound);
    }
    for (const load of loads) await compare(applications, load, host);
    for (const { child, sockets } of applications) {
      for (const socket of sockets) socket.destroy();
      child.disconnect();
    }
  }
}

/** The ratios are medians of those of each round, in which whatever else the machine does is the same for all. */
async function compare(applications: readonly Application[], load: Load, host: string): Promise<void> {
  const measurements = applications.map((): Round[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, application] of applications.entries()) measurements[at]!.push(await measured(application, load));
  }
  console.log(`\n${host}, ${load.name}: medians of ${rounds} rounds of ${perRound} requests`);
  console.log(`  ${''.padEnd(28)} CPU of a request  bare to it  throughput to bare`);
  const bare = measurements[0]!;
  for (const [at, { name }] of applications.entries()) {
    const own = measurements[at]!;
    const cpuUs = median(own.map((round) => round.cpuUs)).toFixed(1);
    const cpu = median(own.map((round, n) => bare[n]!.cpuUs / round.cpuUs)).toFixed(3);
    const throughput = median(own.map((round, n) => round.throughput / bare[n]!.throughput)).toFixed(3);
    console.log(`  ${name.padEnd(28)} ${cpuUs.padStart(13)} µs  ${cpu.padStart(10)}  ${throughput.padStart(18)}`);
  }
}

if (import.meta.main) await routesBench();
