import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const perRound = 4_000;
const rounds = 15;
const batch = 50;

interface Application {
  readonly name: string;
  readonly child: ChildProcess;
  readonly socket: Socket;
  readonly cpuUs: number[];
}

const request = 'GET /ask HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n';

async function told<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}

async function start(name: string): Promise<Application> {
  const child = fork(new URL('./routes-server.ts', import.meta.url), [name], { execArgv: ['--conditions=source'] });
  const { port } = await told<{ port: number }>(child);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return { name, child, socket, cpuUs: [] };
}

/** Sends pipelined batches and waits until each is answered. */
async function load({ socket }: Application, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += batch) {
    let answered = 0;
    let rest = '';
    const done = new Promise<void>((resolve) => {
      const onData = (chunk: Buffer) => {
        const data = rest + chunk.toString('latin1');
        rest = data.slice(1 - 'HTTP/1.1 '.length); // a head may begin in one chunk and end in the next
        for (let at = data.indexOf('HTTP/1.1 '); at !== -1; at = data.indexOf('HTTP/1.1 ', at + 9)) answered++;
        if (answered < batch) return;
        socket.off('data', onData);
        resolve();
      };
      socket.on('data', onData);
    });
    socket.write(request.repeat(batch));
    await done;
  }
}

async function cpuOf({ child }: Application): Promise<number> {
  child.send('cpu');
  return (await told<{ cpuUs: number }>(child)).cpuUs;
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Guarded routes next to bare ones: CPU time of the server process for a request, in interleaved rounds. */
export async function routesBench(): Promise<void> {
  for (const host of ['express', 'koa']) {
    const names = [`${host} bare`, `${host} guarded`, `${host} guarded, caching`, `${host} cached while open`];
    const applications = await Promise.all(names.map(start));
    for (const application of applications) {
      await load(application, 2 * perRound);
      if (application.name.endsWith('open')) {
        application.child.send('open');
        await told(application.child);
        await load(application, perRound);
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const application of applications) {
        const before = await cpuOf(application);
        await load(application, perRound);
        application.cpuUs.push(((await cpuOf(application)) - before) / perRound);
      }
    }
    const [bare] = applications;
    console.log(
      `\n${host}: CPU of a request, median of ${rounds} rounds of ${perRound}, and throughput to the bare route`,
    );
    for (const { name, cpuUs } of applications) {
      const ratio = median(cpuUs.map((value, round) => bare!.cpuUs[round]! / value));
      console.log(`  ${name.padEnd(28)} ${median(cpuUs).toFixed(1).padStart(6)} µs   ${ratio.toFixed(3)}`);
    }
    for (const { child, socket } of applications) {
      socket.destroy();
      child.disconnect();
    }
  }
}

if (import.meta.main) await routesBench();
