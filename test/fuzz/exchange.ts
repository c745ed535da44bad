import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Program } from './commands.ts';
import { Handler, notingUncaught } from './handler.ts';
import type { Rig } from './servers.ts';

/** A request as it stands on the wire. */
export interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly version: '1.0' | '1.1';
  readonly connection: 'close' | 'keep-alive' | undefined;
  readonly body: 'none' | 'length' | 'chunked' | 'unfinished' | 'expected';
  /** The next request comes with it, and not after its answer. */
  readonly pipelined: boolean;
}

export const asks: fc.Arbitrary<Ask> = fc
  .record<Ask>({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'POST'),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
    connection: fc.constantFrom(undefined, undefined, 'keep-alive', 'close'),
    body: fc.constantFrom('none', 'length', 'chunked', 'unfinished', 'expected'),
    pipelined: fc.boolean(),
  })
  .map((ask): Ask => {
    const body = ask.method !== 'POST' || ask.version === '1.0' ? 'none' : ask.body;
    const isKept = ask.version === '1.1' ? ask.connection !== 'close' : ask.connection === 'keep-alive';
    return { ...ask, body, pipelined: ask.pipelined && isKept && body !== 'unfinished' };
  });

const bodies = {
  none: ['', ''],
  length: ['Content-Length: 4\r\n', 'body'],
  chunked: ['Transfer-Encoding: chunked\r\n', '4\r\nbody\r\n0\r\n\r\n'],
  unfinished: ['Content-Length: 8\r\n', 'half'],
  expected: ['Content-Length: 4\r\nExpect: 100-continue\r\n', 'body'],
} as const;
const next = 'GET /next HTTP/1.1\r\nHost: x\r\n\r\n';

/** What came of one request, and of the one after it on the same connection. */
export interface Outcome {
  /** Everything that the client has read. */
  readonly wire: string;
  /** How much of that had come before the next request was sent. */
  readonly answered: number;
  readonly closed: boolean;
  readonly trace: readonly string[];
  readonly handler: Handler;
}

/** Sends a request that a program answers, and then another one. */
export async function exchange(rig: Rig, ask: Ask, program: Program): Promise<Outcome> {
  const handler = new Handler(program);
  const performed = rig.expect(handler);
  using _ = notingUncaught(handler);
  const client = connect(rig.port, '127.0.0.1');
  const peer = await rig.connection();
  let wire = '';
  let closed = false;
  client.setNoDelay(true);
  client.setEncoding('latin1');
  client.on('data', (text) => {
    wire += text;
  });
  client.on('error', () => {});
  client.on('close', () => {
    closed = true;
  });
  const progress = () => `${wire.length} ${handler.observer?.trace.length} ${closed}`;
  client.write(textOf(ask));
  await Promise.race([performed, gone(peer)]);
  await quiet(progress);
  handler.conclude();
  await quiet(progress);
  if (ask.body === 'unfinished') client.write('rest');
  await quiet(progress);
  const answered = dateless(wire).length;
  if (!ask.pipelined) client.write(next);
  await quiet(progress);
  const wasClosed = closed;
  client.destroy();
  await gone(peer);
  await quiet(progress);
  return { wire: dateless(wire), answered, closed: wasClosed, handler, trace: handler.observer?.trace ?? [] };
}

function textOf({ method, version, connection, body, pipelined }: Ask): string {
  const [framing, bytes] = bodies[body];
  const options = connection === undefined ? '' : `Connection: ${connection}\r\n`;
  return `${method} /fuzz HTTP/${version}\r\nHost: x\r\n${options}${framing}\r\n${bytes}${pipelined ? next : ''}`;
}

/** Waits until nothing has happened for some turns of the event loop: all is in this process, so that nothing takes long. */
export async function quiet(progress: () => string): Promise<void> {
  let last = '';
  for (let still = 0; still < 5; still++) {
    await turn();
    const now = progress();
    if (now !== last) still = 0;
    last = now;
  }
}

export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

const dateless = (wire: string) => wire.replaceAll(/^Date: \w{3}, .* GMT\r$/gm, 'Date: now\r');
