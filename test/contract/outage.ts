import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import {
  type CachedAnswerOptions,
  type Circuit,
  cachedAnswer,
  createBrownout,
  type LruAnswersOptions,
  lruAnswers,
} from '@brownout/core';
import { expect, onTestFinished } from 'vitest';
import type { Application, Handler, Host } from './hosts.ts';
import { listen } from './servers.ts';

/** A request as it goes over the wire: nothing is added but `Host` and what frames a body. */
export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: object | string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: NodeJS.Dict<string>;
  /** As it came, encoded if it is. */
  readonly bytes: Buffer;
  readonly text: string;
  readonly json: unknown;
  /** The level in `Brownout-Fallback`; `undefined` for an answer that is none of ours. */
  readonly level: string | undefined;
}

export function ask(url: string, { method = 'GET', path = '/a', headers = {}, body }: Asked = {}): Promise<Answer> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const type = typeof body === 'object' ? { 'content-type': 'application/json' } : {};
  const isFramed = text === undefined || 'transfer-encoding' in headers;
  const framed = isFramed ? headers : { ...type, 'content-length': Buffer.byteLength(text), ...headers };
  return new Promise((resolve, reject) => {
    // the connection stays: a client that closes it at the last byte may seem to have left before the end
    const options = { method, agent: new Agent({ keepAlive: true }), headers: framed as OutgoingHttpHeaders };
    const sent = request(url + path, options, async (response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of response) chunks.push(chunk);
      } catch (error) {
        reject(error as Error);
      }
      const bytes = Buffer.concat(chunks);
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        trailers: response.trailers,
        bytes,
        text: bytes.toString(),
        get json() {
          return JSON.parse(bytes.toString());
        },
        level: response.headers['brownout-fallback']?.toString().split(';')[0],
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

/** A client may have the last byte of an answer before its server has come to the end of it. */
export const whenSettled = (circuit: Circuit) => expect.poll(() => circuit.inFlight, { interval: 1 }).toBe(0);

export interface Scene extends Omit<Application, 'routes' | 'use'> {
  readonly cache?: CachedAnswerOptions<never>;
  readonly store?: LruAnswersOptions;
  readonly routes?: Application['routes'];
}

/** An application behind `app.use(breaker())`, all on one circuit, and what opens that. */
export interface Outage {
  ask(asked?: Asked): Promise<Answer>;
  /** From now on the circuit is open, or closed again. */
  begin(): void;
  end(): void;
  /** Lets the injected clock go on; it stands still by itself. */
  pass(ms: number): void;
  readonly url: string;
  readonly brownout: ReturnType<typeof createBrownout>;
}

/** `handler`: of `GET /a` and `POST /a`. */
export async function outage(host: Host, handler: Handler, scene: Scene = {}): Promise<Outage> {
  const { cache, store, routes, ...rest } = scene;
  let now = Date.UTC(2026, 10, 20, 10);
  const clock = { now: () => now, wall: () => now };
  const brownout = createBrownout({ clock });
  const tier = cachedAnswer({ ...(store && { store: lruAnswers({ clock, ...store }) }), ...cache });
  const server = host.create({
    ...rest,
    use: { brownout, circuit: 'a', fallback: [tier] },
    routes: { 'GET /a': handler, 'POST /a': handler, ...routes },
  });
  const url = await listen(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    async ask(asked) {
      const answer = await ask(url, asked);
      await whenSettled(brownout.circuit('a'));
      return answer;
    },
    begin: () => brownout.circuit('a').forceOpen(),
    end: () => brownout.circuit('a').clearOverride(),
    pass: (ms) => {
      now += ms;
    },
    url,
    brownout,
  };
}
