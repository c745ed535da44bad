import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'vitest';
import { head, last, open, raw, rest, until } from './client.ts';
import { type RawHandler, rawHosts, type Sent } from './raw-trial.ts';

const size = 400_000;
const upload = (...headers: string[]) => last('POST /a', `Content-Length: ${size}`, ...headers);
const body = Buffer.alloc(size, 'upload ');

async function count(req: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of req) bytes += (chunk as Buffer).length;
  return bytes;
}

const answersLater: RawHandler = (_req, res) => new Promise((resolve) => setImmediate(() => resolve(res.end('x'))));

/** A server that answers `Expect` by itself. */
function expecting(event: 'checkContinue' | 'checkExpectation') {
  return (listener: RequestListener) => createServer(listener).on(event, listener);
}

/** What a client does on a connection, and a handler with it. */
const dialogues: Record<string, [RawHandler, Sent]> = {
  'an upload that is read before the answer': [
    async (req, res) => {
      res.end(`got ${await count(req)}`);
    },
    { client: raw(upload(), body), shows: new RegExp(`got ${size}`) },
  ],
  'an upload in chunks, with trailers': [
    async (req, res) => {
      res.end(`got ${await count(req)} ${req.trailers['x-sum']} ${req.rawTrailers}`);
    },
    {
      client: raw(last('POST /a', 'Transfer-Encoding: chunked'), '3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n'),
      shows: /got 5 5 X-Sum,5/,
    },
  ],
  'an upload that is echoed while it comes': [
    (req, res) => pipeline(req, res.setHeader('Content-Length', size)),
    { client: raw(upload(), body), shows: /upload upload.*finish/ },
  ],
  'an upload that is echoed, with a pipe': [
    (req, res) => void req.pipe(res.setHeader('Content-Length', size)),
    { client: raw(upload(), body), shows: /upload upload.*finish/ },
  ],
  'an upload of which nobody reads a byte': [
    (_req, res) => void res.writeHead(413).end('too large'),
    { client: raw(head('POST /a', 'Content-Length: 9'), '123456789', last('GET /b')), shows: /413.*413/ },
  ],
  'an upload that is answered while it comes': [
    async (req, res) => {
      const [first] = await once(req, 'data');
      res.write(`got the first of ${req.headers['content-length']}: ${(first as Buffer)[0]}`);
      res.end(`, and then ${(await count(req)) > 0}`);
    },
    { client: raw(upload(), body), shows: /and then true/ },
  ],
  'a multipart upload': [
    async (req, res) => {
      const parts = (await new Response(Readable.toWeb(req) as never, {
        headers: req.headers as never,
      }).formData()) as FormData;
      res.end([...parts].map(([name, value]) => `${name}=${typeof value === 'string' ? value : value.size}`).join('&'));
    },
    {
      client: async (port) => {
        const form = new FormData();
        form.set('who', 'me');
        form.set('file', new Blob([new Uint8Array(300_000)]), 'a.bin');
        return (await fetch(`http://127.0.0.1:${port}/a`, { method: 'POST', body: form })).text();
      },
      shows: /who=me&file=300000/,
    },
  ],
  'a request that expects 100-continue': [
    async (req, res) => {
      res.end(`got ${await count(req)}`);
    },
    { client: raw(last('POST /a', 'Content-Length: 3', 'Expect: 100-continue'), 'abc'), shows: /100 Continue.*got 3/ },
  ],
  'a request that expects 100-continue of the application': [
    async (req, res, page) => {
      page.attempt('continue', () => res.writeContinue());
      res.end(`got ${await count(req)}`);
    },
    {
      client: raw(last('POST /a', 'Content-Length: 3', 'Expect: 100-continue'), 'abc'),
      server: expecting('checkContinue'),
      shows: /100 Continue.*got 3/,
    },
  ],
  'a request whose expectation the application refuses': [
    (_req, res) => void res.writeHead(417).end(),
    {
      client: raw(last('POST /a', 'Content-Length: 3', 'Expect: 100-continue')),
      server: expecting('checkContinue'),
      shows: /417 Expectation Failed/,
    },
  ],
  'a request that expects something else': [
    (_req, res) => void res.end('as you like'),
    { client: raw(last('GET /a', 'Expect: cake')), server: expecting('checkExpectation'), shows: /as you like/ },
  ],
  'a connection that is kept alive': [
    (req, res) => void res.end(`answer to ${req.url}`),
    {
      client: async (port) => {
        const socket = await open(port);
        let text = '';
        for (const path of ['/1', '/2', '/3']) {
          socket.write(head(`GET ${path}`));
          text += await until(socket, `answer to ${path}`);
        }
        socket.write(last('GET /4'));
        return text + (await rest(socket));
      },
      shows: /keep-alive.*answer to \/1.*answer to \/3.*Connection: close.*answer to \/4/,
    },
  ],
  'a connection that is kept alive on HTTP/1.0': [
    (_req, res) => void res.writeHead(200, { 'Content-Length': 1 }).end('x'),
    {
      client: raw('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'GET /b HTTP/1.0\r\n\r\n'),
      shows: /keep-alive.*Connection: close/,
    },
  ],
  'pipelined requests, the later ones answered first': [
    async (req, res, page) => {
      const at = Number(req.url!.slice(1));
      for (let turn = at; turn < 8; turn++) await new Promise(setImmediate);
      page.note('socket', res.socket === null);
      res.write(`answer to ${at}`, page.called('write'));
      res.end(`!`, page.called('end'));
      page.note('state', [res.writableEnded, res.writableFinished]);
    },
    {
      client: raw([1, 2, 3, 4, 5].map((at) => head(`GET /${at}`)).join('') + last('GET /6')),
      shows: /answer to 1.*answer to 2.*answer to 6.*socket: true/,
    },
  ],
  'pipelined requests with bodies, streamed at once': [
    (req, res) => void req.pipe(res),
    {
      client: raw(
        `${head('POST /1', 'Content-Length: 3')}abc${head('POST /2', 'Content-Length: 2')}de${last('POST /3', 'Content-Length: 1')}f`,
      ),
      shows: /abc.*de.*f/,
    },
  ],
  'pipelined requests of which the first ends the connection': [
    (req, res) => {
      if (req.url === '/1') res.setHeader('Connection', 'close');
      res.end(`answer to ${req.url}`);
    },
    { client: raw(head('GET /1') + head('GET /2')), shows: /answer to \/1/ },
  ],
  'a client that has ended its side': [
    answersLater,
    {
      client: async (port) => {
        const socket = await open(port);
        socket.end(head('GET /a'));
        return rest(socket);
      },
      shows: /200 OK/,
    },
  ],
  'a client that leaves before the answer': [
    async (req, res, page) => {
      await once(res, 'close');
      page.note('destroyed', [req.destroyed, res.destroyed]);
      page.attempt('write', () => res.write('x', page.called('write')));
      page.attempt('writeHead', () => res.writeHead(200) === res);
      page.attempt('end', () => res.end('x', page.called('end')) === res);
      page.attempt('destroy', () => res.destroy() === res);
    },
    { client: leaves(head('GET /a')), shows: /aborted/ },
  ],
  'a client that leaves in mid-answer': [
    async (_req, res, page) => {
      res.write('the beginning');
      await once(res, 'close');
      page.attempt('write', () => res.write('x', page.called('write')));
      page.attempt('end', () => res.end('x', page.called('end')) === res);
    },
    { client: leaves(head('GET /a'), 'the beginning'), shows: /the beginning.*writableEnded:false/ },
  ],
  'a client that leaves a pipeline': [
    (_req, res, page) => {
      const source = new Readable({ read() {} });
      source.on('close', () => page.note('source closes'));
      source.push('the beginning');
      return pipeline(source, res);
    },
    { client: leaves(head('GET /a'), 'the beginning'), shows: /rejected.*ERR_STREAM_PREMATURE_CLOSE/ },
  ],
  'a client that leaves in mid-upload': [
    (req, res, page) => {
      req.on('data', () => {});
      req.on('error', page.called('error of the request'));
      return once(res, 'close');
    },
    {
      client: async (port, journal) => {
        const socket = await open(port);
        socket.write(head('POST /a', 'Content-Length: 9'));
        await new Promise((resolve) => socket.write('123', resolve));
        await journal.begun;
        socket.destroy();
      },
      shows: /ECONNRESET aborted/,
    },
  ],
  'a handler that ends the connection after its answer': [
    async (req, res) => {
      res.end('x');
      await once(res, 'finish');
      req.socket.destroy();
    },
    { client: raw(head('GET /a') + head('GET /b')), shows: /200 OK/ },
  ],
};

/** Leaves once it has read this; or, where there is nothing to read, once the request has come. */
function leaves(request: string, after?: string): Sent['client'] {
  return async (port, journal) => {
    const socket = await open(port);
    socket.write(request);
    await journal.begun;
    const seen = after === undefined ? '' : await until(socket, after);
    socket.destroy();
    return seen;
  };
}

describe.each(rawHosts)('$name has the same dialogues with and without a breaker', (host) => {
  it.each(Object.entries(dialogues))('%s', async (_, [handler, sent]) => {
    await host.compare(handler, sent);
  });
});

describe.each(rawHosts.filter(({ name }) => /5|3/.test(name)))('$name, for a reader that is slow', (host) => {
  it('buffers no more with a breaker than without', async () => {
    const total = 24 * 2 ** 20; // more than what the sockets of both sides take
    await host.compare(
      async (_req, res, page) => {
        let pulled = 0;
        let most = 0;
        const chunk = Buffer.alloc(2 ** 16, 'x');
        const source = new Readable({
          read() {
            most = Math.max(most, res.writableLength);
            pulled += chunk.length;
            this.push(pulled > total ? null : chunk);
          },
        });
        res.writeHead(200, { 'Content-Length': total });
        source.pipe(res);
        for (let before = -1; before !== pulled; ) {
          before = pulled;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        page.note('held back', pulled < total);
        await once(res, 'finish');
        page.note('buffered little', most < 8 * chunk.length);
      },
      {
        client: async (port) => {
          const socket = await open(port);
          socket.write(last('GET /a'));
          await new Promise((resolve) => setTimeout(resolve, 150));
          let bytes = 0;
          for await (const data of socket) bytes += (data as Buffer).length;
          return bytes > total;
        },
        shows: /held back: true.*buffered little: true/,
      },
    );
  });
});
