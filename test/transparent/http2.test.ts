import { once } from 'node:events';
import type { Server } from 'node:http';
import { type ClientHttp2Session, connect, constants, createServer } from 'node:http2';
import { PassThrough, Readable } from 'node:stream';
import type { Middleware } from 'koa';
import { describe, it } from 'vitest';
import { koaHosts } from './hosts.ts';
import { compare } from './twins.ts';

// Even without a breaker Express does not work here, since it stands on HTTP/1's response, and Koa 2 leaves a HEAD unanswered.

const raw =
  (answer: (ctx: Parameters<Middleware>[0]) => unknown): Middleware =>
  (ctx) => {
    ctx.respond = false;
    ctx.res.statusCode = 200;
    return answer(ctx) as Promise<void>;
  };

/** Handlers by path, and what is asked of them. */
const handlers: Record<string, Middleware> = {
  '/json': (ctx) => {
    ctx.set('X-Own', ['a', 'b']);
    ctx.body = { a: 1 };
  },
  '/stream': (ctx) => {
    ctx.body = Readable.from(['one', 'two']);
  },
  '/events': (ctx) => {
    const source = new PassThrough();
    ctx.type = 'text/event-stream';
    ctx.body = source;
    ctx.flushHeaders();
    source.write('data: 1\n\n');
    setTimeout(() => source.end('data: 2\n\n'), 5);
  },
  '/endless': (ctx) => {
    ctx.body = new Readable({ read() {} });
    ctx.flushHeaders();
  },
  '/raw': raw(({ res }) => void res.writeHead(201, { 'x-raw': '1' }).end('mine')),
  '/writes': raw(async ({ res }) => {
    res.setHeader('x-raw', '1');
    for (let at = 0; at < 3; at++) if (!res.write('x'.repeat(40_000))) await once(res, 'drain');
    res.end();
  }),
  '/trailers': raw(({ res }) => {
    res.write('x');
    res.addTrailers({ 'x-sum': '1' });
    res.end();
  }),
  '/hints': raw(({ res }) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' });
    res.end('x');
  }),
  '/empty': (ctx) => {
    ctx.status = 204;
  },
  '/forbidden': (ctx) => ctx.throw(403, 'not you'),
  '/echo': (ctx) => {
    ctx.body = ctx.req;
  },
};

/** All that a stream of HTTP/2 brings. */
async function ask(session: ClientHttp2Session, path: string, method = 'GET', body?: Buffer): Promise<unknown> {
  const stream = session.request({ ':path': path, ':method': method }, { endStream: body === undefined });
  const seen: unknown[] = [method, path];
  for (const event of ['headers', 'response', 'trailers'] as const) {
    stream.on(event, (headers: object) => {
      seen.push(
        event,
        Object.entries(headers)
          .filter(([name]) => name !== 'date')
          .map(String),
      );
    });
  }
  let bytes = '';
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk;
  });
  stream.on('error', (error) => seen.push(String(error)));
  if (body !== undefined) stream.end(body);
  await once(stream, 'close');
  return [...seen, bytes.length > 200 ? bytes.length : bytes, stream.rstCode];
}

async function session<T>(port: number, use: (session: ClientHttp2Session) => Promise<T>): Promise<T> {
  const opened = connect(`http://127.0.0.1:${port}`);
  try {
    return await use(opened);
  } finally {
    opened.destroy();
  }
}

describe.each(koaHosts)('$name on HTTP/2', (host) => {
  const build = (app: ReturnType<typeof host.create>, place: typeof host.bare) => {
    const handler: Middleware = (ctx, next) => (handlers[ctx.path] ?? next)(ctx, next);
    for (const middleware of [...place.use, ...place.route(handler)]) app.use(middleware);
  };
  const server = (listener: unknown) => createServer(listener as never) as unknown as Server;

  it.each(Object.keys(handlers).filter((path) => path !== '/endless'))(
    'answers %s the same with and without a breaker',
    async (path) => {
      const client = (port: number) =>
        session(port, (opened) =>
          Promise.all([
            ask(opened, path),
            ask(opened, path, 'POST', Buffer.alloc(path === '/echo' ? 90_000 : 9, 'x')),
            ask(opened, '/nowhere'),
          ]),
        );
      await compare(host, { build, client, server, shows: /:status,[24]0.*:status,404/ });
    },
  );

  it('has clients that leave the same with and without a breaker', async () => {
    await compare(host, {
      build,
      server,
      shows: /writableEnded/,
      client: (port) =>
        session(port, async (opened) => {
          const stream = opened.request({ ':path': '/endless' });
          stream.on('error', () => {});
          await once(stream, 'response');
          stream.close(constants.NGHTTP2_CANCEL);
          await once(stream, 'close');
          return (await ask(opened, '/json')) as object;
        }),
    });
  });
});
