import { once } from 'node:events';
import process from 'node:process';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { createBrownout } from '@brownout/core';
import { type Call, type Handler, hosts } from '../contract/hosts.ts';
import { listen } from '../contract/servers.ts';

/** One application in a process of its own, which tells what it has counted and what it holds. */
const isTimeouts = process.argv[3] === 'timeouts';
const deadlineMs = isTimeouts ? 5 : 25;
const bigBytes = 3_000_000;

/** What a server has to show once nothing is going on. */
export interface Measure {
  readonly reached: number;
  readonly counted: number;
  readonly calls: Readonly<Record<'success' | 'failure' | 'ignored' | 'refused', number>>;
  readonly inFlight: number;
  /** Sources that were piped into answers and are still open. */
  readonly openSources: number;
  readonly heapBytes: number;
  readonly handles: number;
  /** Warnings and rejections that nobody handled. */
  readonly troubles: readonly string[];
}

let reached = 0;
let openSources = 0;
const troubles: string[] = [];
process.on('warning', (warning) => troubles.push(String(warning)));
process.on('unhandledRejection', (error) => troubles.push(`unhandled: ${error}`));

/** Once the request has been answered without the handler, and a little later. */
async function beyond({ brownout: { signal } }: Call): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const never = () => new Promise<void>(() => {});

/** A source that is counted until it is closed. */
function counted<S extends Readable>(source: S): S {
  openSources++;
  source.once('close', () => openSources--);
  source.on('error', () => {});
  return source;
}

/** What a handler commonly holds on to while it waits. */
function held({ req, res }: Call): object {
  const state = { req, res, bytes: Buffer.alloc(4_096) };
  res.on('finish', () => state.bytes.fill(1));
  res.once('close', () => state.bytes.fill(2));
  return state;
}

const events = { 'Content-Type': 'text/event-stream' };
const routes: Record<string, Handler> = {
  'GET /ok': (call) => call.send(200, { fine: true }),
  'GET /fail': () => {
    throw new Error('as meant');
  },
  'GET /down': (call) => call.send(500, 'as meant'),
  'GET /hang': (call) => {
    const state = held(call);
    return never().then(() => state);
  },
  'GET /waits': async (call) => {
    const state = held(call);
    if (!call.brownout.signal.aborted) await once(call.brownout.signal, 'abort');
    return state;
  },
  'GET /slow': async (call) => {
    await new Promise((resolve) => setTimeout(resolve, deadlineMs));
    call.send(200, { late: 'perhaps' });
  },
  'GET /late': async (call) => {
    await beyond(call);
    call.send(200, { late: true }, { 'X-Late': '1' });
  },
  'GET /late-raw': async ({ res, ...call }) => {
    await beyond({ res, ...call });
    res.setHeader('X-Late', '1').writeHead(200);
    await new Promise((resolve) => res.write('late', resolve));
    await new Promise<void>((resolve) => res.end('late', resolve));
  },
  'GET /late-pipe': async ({ res, ...call }) => {
    await beyond({ res, ...call });
    counted(Readable.from(['late', 'later'])).pipe(res);
    return never();
  },
  'GET /late-pipeline': async ({ res, ...call }) => {
    await beyond({ res, ...call });
    await new Promise((resolve) => pipeline(counted(new PassThrough()), res, resolve));
  },
  'GET /piped': ({ res }) => {
    const source = counted(new PassThrough());
    source.pipe(res);
    res.once('finish', () => source.destroyed || troubles.push('a source has outlived the answer in its place'));
    res.once('close', () => source.destroy()); // of a client that left
    return never();
  },
  'GET /stream': async ({ res }) => {
    res.writeHead(200, events);
    for (let at = 0; at < 20; at++) {
      res.write('x'.repeat(1_000));
      await new Promise(setImmediate);
    }
    res.end();
    return never();
  },
  'GET /cut': ({ res }) => {
    res.writeHead(200, events);
    const source = counted(new PassThrough());
    pipeline(source, res, () => {});
    source.write('data: 1\n\n');
    setTimeout(() => source.destroy(new Error('as meant')), 3);
    return never();
  },
  'GET /big': ({ res }) => {
    res.writeHead(200, { 'Content-Length': bigBytes });
    pipeline(counted(Readable.from(Array.from({ length: 30 }, () => Buffer.alloc(bigBytes / 30)))), res, () => {});
    return never();
  },
  'POST /upload': async ({ req, ...call }) => {
    let bytes = 0;
    for await (const chunk of req) bytes += (chunk as Buffer).length;
    call.send(200, { bytes });
  },
};

const brownout = createBrownout({
  failureThreshold: 200,
  failureRateThreshold: 0.95,
  minimumCalls: 400,
  resetTimeoutMs: 40,
  resetTimeoutMaxMs: 40,
});
const neverOpen = { failureThreshold: false, failureRateThreshold: false } as const;
const server = hosts
  .find(({ name }) => name === process.argv[2])!
  .create({
    before: ({ req, res }) => {
      if (!res.destroyed) reached++; // not one whose client has left before it came to the breaker
      res.setHeader('X-Id', req.headers['x-id'] ?? 'none');
    },
    use: { brownout, timeoutMs: deadlineMs, stream: { idleMs: 10_000 }, ...(isTimeouts && neverOpen) },
    routes,
  });

const quiet = async () => {
  const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  while ((await connections()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 6 * deadlineMs)); // for what is late
};

async function measure(): Promise<Measure> {
  await quiet();
  const circuits = [...brownout.circuits.values()];
  const calls = { success: 0, failure: 0, ignored: 0, refused: 0 };
  for (const circuit of circuits) {
    const own = circuit.metrics().calls;
    for (const kind of Object.keys(calls) as (keyof typeof calls)[]) calls[kind] += own[kind];
  }
  for (let round = 0; round < 4; round++) {
    globalThis.gc!();
    await new Promise(setImmediate);
  }
  return {
    reached,
    counted: calls.success + calls.failure + calls.ignored + calls.refused,
    calls,
    inFlight: circuits.reduce((sum, { inFlight }) => sum + inFlight, 0),
    openSources,
    heapBytes: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
    troubles,
  };
}

const url = await listen(server);
process.on('message', () => void measure().then((seen) => process.send!(seen)));
process.on('disconnect', () => process.exit());
process.send!({ port: Number(new URL(url).port) });
