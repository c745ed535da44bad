import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import httpProxy from 'http-proxy';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { head, last, open, raw, rest } from './client.ts';
import { type RawHandler, rawHosts } from './raw-trial.ts';

const body = Buffer.alloc(150_000, 'upload ');

/** Says in a header what it got, streams, redirects, and has cookies. */
const upstream = createServer((req, res) => {
  if (req.url === '/echo') {
    res.writeHead(200, ['Content-Length', String(body.length), 'X-Two', 'a', 'X-Two', 'b']);
    req.pipe(res);
  } else if (req.url === '/events') {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Set-Cookie': ['a=1', 'b=2'] });
    res.write('data: 1\n\n');
    setTimeout(() => res.end('data: 2\n\n'), 5);
  } else if (req.url === '/fresh') res.writeHead(304, { ETag: '"a"' }).end();
  else res.writeHead(404, 'Not Here', { 'X-Own': '1' }).end('not here');
});
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  port = (upstream.address() as AddressInfo).port;
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});

const forward = (req: IncomingMessage) =>
  request({
    port,
    host: '127.0.0.1',
    method: req.method,
    path: req.url,
    headers: { ...req.headers, host: 'y' },
    agent: false,
  });

function answer(res: ServerResponse, from: IncomingMessage): void {
  res.writeHead(
    from.statusCode!,
    from.statusMessage,
    from.rawHeaders.filter((_, at, all) => all[at - (at % 2)] !== 'Connection'),
  );
}

const proxies: Record<string, RawHandler> = {
  pipes: (req, res) =>
    new Promise<void>((resolve) => {
      const sent = forward(req).on('response', (from) => {
        answer(res, from);
        from.pipe(res).on('close', resolve);
      });
      req.pipe(sent);
    }),
  pipelines: async (req, res) => {
    const sent = forward(req);
    const answered = new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
    await pipeline(req, sent);
    const from = await answered;
    answer(res, from);
    await pipeline(from, res);
  },
  'http-proxy': (req, res) =>
    new Promise<void>((resolve) => {
      const proxy = httpProxy.createProxyServer({ target: { host: '127.0.0.1', port }, agent: false as never });
      proxy.web(req, res, {}, () => resolve());
      res.once('close', resolve);
    }),
};

describe.each(rawHosts)('$name', (host) => {
  it.each(Object.entries(proxies))('proxies with %s the same with and without a breaker', async (_, proxy) => {
    await host.compare(proxy, {
      client: async (at) => [
        await raw(last('POST /echo', `Content-Length: ${body.length}`), body)(at),
        await raw(last('GET /events'))(at),
        await raw(last('GET /fresh', 'If-None-Match: "a"'))(at),
        await raw(last('HEAD /nowhere'))(at),
      ],
      shows: /x-two: a.*b/i,
    });
  });

  it('proxies for a client that leaves the same with and without a breaker', async () => {
    await host.compare(proxies['http-proxy']!, {
      async client(at) {
        const socket = await open(at);
        socket.write(head('POST /echo', `Content-Length: ${body.length}`));
        socket.write(body.subarray(0, 20_000));
        await new Promise((resolve) => socket.once('readable', resolve));
        socket.destroy();
        return (await rest(socket)).length > 0;
      },
      shows: /aborted.*writableEnded:false|writableEnded:false.*aborted/,
    });
  });
});
