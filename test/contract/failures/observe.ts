import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createBrownout } from '@brownout/core';
import type { Call, Handler, Host, Options } from '../hosts.ts';
import { listen } from '../servers.ts';

/** The ways to put a breaker around a handler. */
export const styles = ['breaker', 'guarded', 'app-wide'] as const;
export type Style = (typeof styles)[number];

export interface Failing {
  readonly handler: Handler;
  readonly options?: Options;
  /** Express: an error handler of the application's own that answers. */
  readonly errorPage?: (res: Call['res']) => void;
  /** The handler never settles. */
  readonly hangs?: boolean;
  /** The client goes when it has its first bytes. */
  readonly leaves?: boolean;
}

/** What is to be seen of one request whose handler fails, from all sides. */
export interface Seen {
  /** What the client gets: status, reason where it is degraded, and how the body ends. */
  readonly client: string;
  /** Whether the connection can be used for another request. */
  readonly connection: 'kept' | 'closed';
  /** What the circuit counts. */
  readonly counted: string;
  /** What the `degraded` event tells. */
  readonly degraded: readonly string[];
  /** The verdicts that the `settled` event tells. */
  readonly settled: readonly string[];
  /** What the application's error handlers, or Koa's 'error' listeners, are given. */
  readonly reported: readonly string[];
}

interface Answer {
  readonly client: string;
  readonly body: string;
}

/** Runs a failing handler on a host, asks once, waits until the handler has done all that it does, and asks for another thing. */
export async function observe(host: Host, style: Style, failing: Failing): Promise<Seen & { readonly body: string }> {
  const brownout = createBrownout();
  const degraded: string[] = [];
  const settled: string[] = [];
  const reported: string[] = [];
  brownout.on('degraded', ({ reason, level, status }) => void degraded.push(`${status} ${level} ${reason}`));
  brownout.on('settled', ({ circuit, verdict }) => void (circuit === 'GET /a' && settled.push(verdict)));
  const options: Options = { brownout, ...failing.options };
  const handled = Promise.withResolvers<void>();
  const handler: Handler = (call) => {
    try {
      const returned = failing.handler(call);
      Promise.resolve(returned).then(
        () => handled.resolve(),
        () => handled.resolve(),
      );
      return returned;
    } catch (error) {
      handled.resolve();
      throw error;
    }
  };
  const server = host.create({
    ...(style === 'app-wide' && { use: options }),
    routes: {
      'GET /a': { handler, bare: true, ...(style !== 'app-wide' && { [style]: options }) },
      'GET /b': (call) => call.send(200, 'b'),
    },
    onError: (error) => reported.push(error instanceof Error ? error.message : `${error}`),
    ...(failing.errorPage && { errorPage: failing.errorPage }),
  });
  let connections = 0;
  server.on('connection', () => {
    connections++;
  });
  const url = await listen(server);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { client, body } = await ask(`${url}/a`, agent, failing.leaves === true);
    if (failing.hangs !== true) await handled.promise;
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    const next = await ask(`${url}/b`, agent, false);
    const circuit = brownout.circuit('GET /a');
    const { success, failure, ignored, refused } = circuit.metrics().calls;
    const counted = Object.entries({ success, failure, ignored, refused, open: circuit.inFlight })
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`))
      .join(', ');
    const connection = next.client === '200' && connections === 1 ? 'kept' : 'closed';
    return { client, connection, counted, degraded, settled, reported, body };
  } finally {
    agent.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

function ask(url: string, agent: Agent, leaves: boolean): Promise<Answer> {
  return new Promise((resolve) => {
    const sent = request(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
        if (leaves) sent.destroy();
      });
      response.on('error', () => {}); // told by `complete`
      response.on('close', () => resolve({ client: leaves ? 'left' : told(response, body), body }));
    });
    sent.on('error', () => resolve({ client: 'nothing', body: '' }));
    sent.end();
  });
}

function told(response: IncomingMessage, body: string): string {
  const reason = /reason=(\w+)/.exec(String(response.headers['brownout-fallback']))?.[1];
  const parts = [response.statusCode, reason].filter(Boolean).join(' ');
  if (!response.complete) return `${parts}, broken`;
  const last = /(?:event: brownout\ndata: |\n)\{"metadata":\{.*?"fallback_reason":"(\w+)"/.exec(body)?.[1];
  return last === undefined ? parts : `${parts}, last words ${last}`;
}
