import { PassThrough, Readable } from 'node:stream';
import { constants } from 'node:zlib';
import compression from 'compression';
import cookieSession from 'cookie-session';
import type { Express, RequestHandler } from 'express';
import session from 'express-session';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import compress from 'koa-compress';
import koaSession from 'koa-session';
import onHeaders from 'on-headers';
import { describe, it } from 'vitest';
import { head, last, raw } from './client.ts';
import { expressHosts, koaHosts, type Placement } from './hosts.ts';
import type { Journal } from './journal.ts';
import { compare } from './twins.ts';

const big = 'x'.repeat(5_000);
const places = ['outside', 'inside'];
const accepting = ['Accept-Encoding: gzip', 'Cookie: kept=1; a=b'];

/** Asks for everything on one connection. */
const asking = (paths: readonly string[]) => {
  const requests = paths.map((path) => head(`GET /${encodeURIComponent(path)}`, ...accepting));
  return raw(requests.join('') + last('GET /nowhere', ...accepting));
};

/** Middleware that wraps the methods of the response; each once outside the breaker and once inside. */
const wrappers: Record<string, (journal: Journal) => RequestHandler> = {
  'on-headers': () => (_req, res, next) => {
    onHeaders(res, () => res.setHeader('X-Late', String(res.statusCode)));
    onHeaders(res, () => res.removeHeader('X-Own'));
    next();
  },
  'express-session': () =>
    session({
      secret: 'a',
      resave: true,
      saveUninitialized: true,
      genid: () => 'known',
      name: 'sid',
      cookie: { maxAge: 9_000 },
    }),
  'cookie-session': () => cookieSession({ name: 'kept', keys: ['a'], maxAge: 9_000 }) as RequestHandler,
  compression: () => compression(),
  'a logger of status and bytes': (journal) => (_req, res, next) => {
    let bytes = 0;
    const [write, end] = [res.write, res.end] as unknown as ((...args: unknown[]) => never)[];
    const counted = (chunk: unknown) => {
      bytes += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk instanceof Uint8Array ? chunk.length : 0;
    };
    res.write = ((chunk: unknown, ...rest: unknown[]) => {
      counted(chunk);
      return write!.call(res, chunk, ...rest);
    }) as never;
    res.end = ((chunk: unknown, ...rest: unknown[]) => {
      counted(chunk);
      return end!.call(res, chunk, ...rest);
    }) as never;
    res.on('finish', () => journal.extra.push(`${res.statusCode} ${bytes} ${res.getHeader('content-length')}`));
    next();
  },
  'a time in a header, set in writeHead': () => (_req, res, next) => {
    const { writeHead } = res;
    res.writeHead = ((...args: Parameters<typeof writeHead>) => {
      res.setHeader('X-Time', '1');
      return writeHead.apply(res, args);
    }) as typeof writeHead;
    next();
  },
  'an end that is deferred': () => (_req, res, next) => {
    const { end } = res;
    res.end = ((...args: Parameters<typeof end>) => {
      setTimeout(() => end.apply(res, args), 2);
      return res;
    }) as typeof end;
    next();
  },
};
/** What is behind the wrappers. */
const handlers: Record<string, RequestHandler> = {
  'whole JSON': (req, res) => {
    const { session: kept } = req as { session?: { seen?: number } };
    if (kept) kept.seen = (kept.seen ?? 0) + 1;
    res.set('X-Own', '1').json({ big, seen: kept?.seen });
  },
  'explicit heads': (_req, res) =>
    void res.writeHead(201, 'Made', { 'Content-Type': 'text/plain', 'X-Own': '1' }).end(big),
  'a stream': async (_req, res) => {
    res.type('text/plain');
    for (let at = 0; at < 5; at++) {
      res.write(`${at} ${big}`);
      await new Promise(setImmediate);
    }
    res.end();
  },
  'no body': (_req, res) => void res.status(204).end(),
  'a redirect': (_req, res) => res.redirect('/b'),
};

describe.each(expressHosts)('$name', (host) => {
  describe.each(places)('with middleware %s the breaker', (place) => {
    it.each(Object.entries(wrappers))('answers the same with %s as without a breaker', async (_, wrapper) => {
      await compare(host, {
        build(app: Express, { use, route }: Placement<RequestHandler>, journal: Journal) {
          if (place === 'outside') app.use(wrapper(journal));
          for (const middleware of use) app.use(middleware);
          if (place === 'inside') app.use(wrapper(journal));
          for (const [path, handler] of Object.entries(handlers))
            app.get(`/${path}`.replaceAll(' ', '%20'), ...route(handler));
          app.use((_req, res) => void res.status(404).send('none'));
        },
        client: asking(Object.keys(handlers)),
        shows: /statusCode:200.*statusCode:201.*statusCode:204.*statusCode:302.*statusCode:404/,
      });
    });
  });
});

const koaWrappers: Record<string, (app: Koa) => Middleware> = {
  'koa-compress': () => compress({ threshold: 1 }),
  'koa-session': (app) =>
    koaSession(
      { key: 'kept', signed: false, rolling: true, encode: ({ seen }) => `seen-${seen}` },
      app as never,
    ) as never,
  'a body that is wrapped': () => async (ctx, next) => {
    await next();
    if (typeof ctx.body === 'object' && ctx.body !== null && 'big' in ctx.body) ctx.body = { data: ctx.body };
  },
  'a time in a header': () => async (ctx, next) => {
    await next();
    ctx.set('X-Time', String(ctx.status));
  },
};

const koaHandlers: Record<string, Middleware> = {
  'whole JSON': (ctx) => {
    if (ctx['session']) ctx['session'].seen = 1;
    ctx.set('X-Own', '1');
    ctx.body = { big };
  },
  'a stream': (ctx) => {
    ctx.type = 'text/plain';
    ctx.body = Readable.from([big, big]);
  },
  'the raw response': (ctx) => {
    ctx.respond = false;
    ctx.res.writeHead(201, 'Made', { 'Content-Type': 'text/plain' }).end(big);
  },
  'no body': (ctx) => {
    ctx.status = 204;
  },
  'a redirect': (ctx) => ctx.redirect('/b'),
};

describe.each(koaHosts)('$name', (host) => {
  describe.each(places)('with middleware %s the breaker', (place) => {
    it.each(Object.entries(koaWrappers))('answers the same with %s as without a breaker', async (_, wrapper) => {
      await compare(host, {
        build(app: Koa, { use, route }: Placement<Middleware>) {
          const handler: Middleware = (ctx, next) => koaHandlers[decodeURIComponent(ctx.path.slice(1))]?.(ctx, next);
          const own = place === 'outside' ? [wrapper(app), ...use] : [...use, wrapper(app)];
          for (const middleware of [...own, ...route(handler)]) app.use(middleware);
        },
        client: asking(Object.keys(koaHandlers)),
        shows: /statusCode:200.*statusCode:201.*statusCode:204.*statusCode:302.*statusCode:404/,
      });
    });
  });
});

/** Reads events one by one, and asks for the next only when it has one: nothing may wait in a buffer. */
async function reading(port: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/events`, { headers: { 'Accept-Encoding': 'gzip' } });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk as Uint8Array);
    if (text.endsWith('\n\n')) await fetch(`http://127.0.0.1:${port}/next`);
  }
  return [response.headers.get('content-encoding'), text];
}

/** Writes an event whenever it is asked for the next. */
function events(res: { write(event: string): void; flush?(): void; end(): void }): () => void {
  let at = 0;
  const next = () => {
    if (at === 3) return res.end();
    res.write(`data: ${++at}\n\n`);
    return res.flush?.();
  };
  next();
  return next;
}

describe.each(expressHosts)('$name', (host) => {
  it.each(places)('sends compressed events at once, with compression %s the breaker', async (place) => {
    await compare(host, {
      build(app: Express, { use, route }: Placement<RequestHandler>) {
        let next = () => {};
        if (place === 'outside') app.use(compression());
        for (const middleware of use) app.use(middleware);
        if (place === 'inside') app.use(compression());
        const handler: RequestHandler = (_req, res) => {
          res.writeHead(200, { 'Content-Type': 'text/event-stream' });
          next = events(res as never);
        };
        app.get('/events', ...route(handler));
        app.get('/next', (_req, res) => {
          next();
          res.end();
        });
      },
      client: reading,
      shows: /gzip.*data: 1.*data: 3/,
    });
  });
});

describe.each(koaHosts)('$name', (host) => {
  it.each(places)('sends compressed events at once, with koa-compress %s the breaker', async (place) => {
    await compare(host, {
      build(app: Koa, { use, route }: Placement<Middleware>) {
        let next = () => {};
        const compressed = compress({ threshold: 1, gzip: { flush: constants.Z_SYNC_FLUSH } });
        const handler: Middleware = (ctx) => {
          if (ctx.path === '/events') {
            const source = new PassThrough();
            ctx.type = 'text/event-stream';
            ctx.body = source;
            next = events(source);
          } else {
            next();
            ctx.body = '';
          }
        };
        const own = place === 'outside' ? [compressed, ...use] : [...use, compressed];
        for (const middleware of [...own, ...route(handler)]) app.use(middleware);
      },
      client: reading,
      shows: /data: 1.*data: 3/,
    });
  });
});
