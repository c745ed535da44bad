import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseChatRequest, sendCompletion, sendError, streamCompletion } from './chat-completions.ts';
import { listen, stop } from './listen.ts';

/** What the upstream does with a call: answers, answers late, freezes, fails, limits the rate, never answers, or does not listen. */
export const upstreamModes = ['ok', 'slow', 'stall', '500', '429', 'hang', 'refuse'] as const;

export type UpstreamMode = (typeof upstreamModes)[number];

/** So many words of a stream come before it stalls. */
const stallAfter = 10;

export interface Upstream {
  /** The `baseURL` for the client. */
  readonly url: string;
  readonly mode: UpstreamMode;
  /** How many calls have reached it: while a circuit is open this stands still. */
  readonly calls: number;
  setMode(mode: UpstreamMode): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts an upstream on loopback that speaks the wire format of OpenAI's chat completions, streams and errors included, and
 * breaks when told to. A healthy answer takes `latencyMs`, a slow one `slowMs`, and each word of a stream `paceMs`. One that stalls
 * freezes in the middle of a stream, and is silent to that client from then on. At `port`, or at the next free one; 0 is any.
 */
export async function startUpstream({
  port: wanted = 0,
  latencyMs = 350,
  slowMs = 1_400,
  paceMs = 25,
} = {}): Promise<Upstream> {
  let mode: UpstreamMode = 'ok';
  let calls = 0;
  /** Clients that have seen it stall, by their keys. */
  const frozenFor = new Set<string>();
  const server = createServer((req, res) => {
    calls++;
    serve(req, res).catch(() => res.destroy());
  });
  const port = await listen(server, wanted);

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const asked = mode;
    const body = await text(req);
    res.setHeader('x-request-id', `req_${randomUUID().replaceAll('-', '')}`);
    if (asked === 'hang') return;
    if (asked === '500')
      return sendError(res, 500, 'The server had an error while processing your request.', 'server_error');
    if (asked === '429') {
      res.setHeader('retry-after', '7');
      return sendError(res, 429, 'Rate limit reached. Please try again in 7s.', 'requests', 'rate_limit_exceeded');
    }
    if (req.method !== 'POST' || req.url !== '/v1/chat/completions')
      return sendError(res, 404, `Invalid URL (${req.method} ${req.url})`, 'invalid_request_error');
    if (!req.headers.authorization?.startsWith('Bearer '))
      return sendError(res, 401, 'You did not provide an API key.', 'invalid_request_error', 'invalid_api_key');
    const request = parseChatRequest(body);
    if (!request) return sendError(res, 400, 'We could not parse the body of your request.', 'invalid_request_error');
    const isFrozen = asked === 'stall' && (!request.stream || frozenFor.has(req.headers.authorization));
    if (isFrozen) return;
    if (asked === 'stall') frozenFor.add(req.headers.authorization);
    await sleep(asked === 'slow' ? slowMs : latencyMs, undefined, { ref: false });
    if (request.stream) await streamCompletion(res, request, paceMs, asked === 'stall' ? stallAfter : undefined);
    else sendCompletion(res, request);
  }

  return {
    url: `http://127.0.0.1:${port}/v1`,
    get mode() {
      return mode;
    },
    get calls() {
      return calls;
    },
    async setMode(next) {
      frozenFor.clear();
      if (next === mode) return;
      const listens = mode !== 'refuse';
      mode = next;
      if (next === 'refuse') await stop(server);
      else if (!listens) await listen(server, port);
    },
    async close() {
      if (server.listening) await stop(server);
    },
  };
}
