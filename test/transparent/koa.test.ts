import { createReadStream } from 'node:fs';
import { PassThrough, Readable, Transform } from 'node:stream';
import { fileURLToPath } from 'node:url';
import Router from '@koa/router';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import send from 'koa-send';
import { describe, it } from 'vitest';
import { head, last, open, raw, until } from './client.ts';
import { koaHosts, type Placement } from './hosts.ts';
import type { Journal } from './journal.ts';
import { compare } from './twins.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const get = (...headers: string[]) => last('GET /a', ...headers);
const body =
  (make: () => unknown): Middleware =>
  (ctx) => {
    ctx.body = make();
  };

/** A handler, what is asked of it, and what must be seen; bodies that only Koa 3 knows are what Koa 2 makes of them. */
const answers: Record<string, [Middleware, string, RegExp]> = {
  text: [body(() => 'Käse'), get(), /text\/plain; charset=utf-8.*Content-Length: 5/],
  HTML: [body(() => '<p>'), get(), /text\/html/],
  'a buffer': [body(() => Buffer.from([1, 2])), get(), /application\/octet-stream/],
  JSON: [body(() => ({ a: 1 })), get(), /application\/json.*a.*1/],
  'a list': [body(() => [1, 2]), get(), /\[1,2\]/],
  'a number': [body(() => 42), get(), /42/],
  'no body': [() => {}, get(), /404 Not Found.*Not Found/],
  null: [body(() => null), get(), /204 No Content/],
  'null with a type': [
    (ctx) => {
      ctx.type = 'json';
      ctx.body = null;
    },
    get(),
    /404 Not Found|204 No Content/,
  ],
  undefined: [body(() => undefined), get(), /20\d|404/],
  'a stream': [body(() => Readable.from(['one', 'two'])), get(), /octet-stream.*one.*two/],
  'a file': [body(() => createReadStream(`${folder}numbers.txt`)), get(), /zero one/],
  'a transform': [
    body(() => Readable.from(['one']).pipe(new Transform({ transform: (c, _, f) => f(null, c) }))),
    get(),
    /one/,
  ],
  'a stream of events': [
    async (ctx) => {
      ctx.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      const source = new PassThrough();
      ctx.body = source;
      ctx.flushHeaders();
      source.write('data: 1\n\n');
      setTimeout(() => source.end('data: 2\n\n'), 5);
    },
    get(),
    /data: 1.*data: 2/,
  ],
  'a Blob': [body(() => new Blob(['one'], { type: 'text/x-blob' })), get(), /20\d/],
  'a ReadableStream': [body(() => new Blob(['one']).stream()), get(), /20\d/],
  'a Response': [
    body(() => new Response('one', { status: 201, headers: { 'X-Own': '1', 'Content-Type': 'text/x-own' } })),
    get(),
    /20\d/,
  ],
  'a Response without a body': [body(() => new Response(null, { status: 204 })), get(), /20\d/],
  'a status of its own': [
    (ctx) => {
      ctx.status = 418;
      ctx.message = 'Short and Stout';
      ctx.body = 'tea';
    },
    get(),
    /418 Short and Stout/,
  ],
  'a 204 with a body': [
    (ctx) => {
      ctx.body = 'lost';
      ctx.status = 204;
    },
    get(),
    /204 No Content/,
  ],
  'a status alone': [
    (ctx) => {
      ctx.status = 201;
    },
    get(),
    /201 Created.*Created/,
  ],
  'a length of its own': [
    (ctx) => {
      ctx.body = Readable.from(['12345']);
      ctx.length = 5;
    },
    get(),
    /Content-Length: 5/,
  ],
  'HEAD of JSON': [body(() => ({ a: 1 })), last('HEAD /a'), /Content-Length: 7/],
  'HEAD of a stream': [body(() => Readable.from(['one'])), last('HEAD /a'), /octet-stream/],
  'a redirect': [(ctx) => ctx.redirect('/b'), get('Accept: text/html'), /302 Found.*Location: \/b/],
  'headers by all means': [
    (ctx) => {
      ctx.set('X-Own', ['a', 'b']);
      ctx.append('Link', '<a>');
      ctx.append('link', '<b>');
      ctx.vary('Origin');
      ctx.etag = 'v1';
      ctx.lastModified = new Date(0);
      ctx.cookies.set('a', 'b', { maxAge: 1_000 });
      ctx.cookies.set('c', 'd', { overwrite: true });
      ctx.attachment('naïve.txt');
      ctx.remove('X-Powered-By');
      ctx.body = 'x';
    },
    get(),
    /X-Own: b.*link: <b>.*Set-Cookie: a=b.*Set-Cookie: c=d/,
  ],
  'a fresh answer': [
    (ctx) => {
      ctx.status = 200;
      ctx.etag = 'v1';
      if (ctx.fresh) ctx.status = 304;
      else ctx.body = 'changed';
    },
    get('If-None-Match: "v1"'),
    /304 Not Modified/,
  ],
  'a range': [
    (ctx) => {
      ctx.status = 206;
      ctx.set('Content-Range', 'bytes 5-7/39');
      ctx.type = 'txt';
      ctx.body = createReadStream(`${folder}numbers.txt`, { start: 5, end: 7 });
    },
    get('Range: bytes=5-7'),
    /206 Partial.*one/,
  ],
  'a file that is sent': [
    async (ctx) => void (await send(ctx as never, 'numbers.txt', { root: folder })),
    get(),
    /zero one/,
  ],
  'a file that is not there': [
    async (ctx) => void (await send(ctx as never, 'not.txt', { root: folder })),
    get(),
    /404/,
  ],
  'ctx.throw of a 4xx': [
    (ctx) => ctx.throw(403, 'not you', { headers: { 'X-Error': '1' } }),
    get(),
    /403.*X-Error: 1.*not you/,
  ],
  'ctx.assert': [(ctx) => ctx.assert(false, 401), get(), /401 Unauthorized/],
  'an error that the handler catches': [
    async (ctx) => {
      try {
        ctx.throw(500);
      } catch {
        ctx.body = 'caught';
      }
    },
    get(),
    /caught/,
  ],
  'next()': [(_ctx, next) => next(), get(), /404 Not Found/],
  'ctx.respond = false': [
    (ctx) => {
      ctx.respond = false;
      ctx.res.statusCode = 202;
      setImmediate(() => ctx.res.end('mine'));
    },
    get(),
    /202 Accepted.*mine/,
  ],
  'the raw response': [
    (ctx) => {
      ctx.res.writeHead(201, { 'X-Raw': '1' });
      ctx.res.end('mine');
    },
    get(),
    /201 Created.*X-Raw: 1.*mine/,
  ],
  'the raw response, and a body that is too late': [
    (ctx) => {
      ctx.res.writeHead(201).end('mine');
      ctx.body = 'lost';
    },
    get(),
    /201 Created.*mine/,
  ],
  'flushed headers, and a body': [
    async (ctx) => {
      ctx.status = 200;
      ctx.type = 'txt';
      ctx.flushHeaders();
      await new Promise(setImmediate);
      ctx.body = 'late';
    },
    get(),
    /late/,
  ],
  'a body that is replaced': [
    (ctx) => {
      ctx.body = Readable.from(['one']);
      ctx.body = 'two';
    },
    get(),
    /two/,
  ],
  'the state that it shares': [
    (ctx) => {
      ctx.body = [ctx.state, ctx.path, ctx.querystring, ctx.href, ctx.writable, ctx.headerSent];
    },
    last('GET /a?b=c'),
    /outside.*b=c/,
  ],
};

function application(handler: Middleware, outside: Middleware = (_ctx, next) => next()) {
  return (app: Koa, { use, route }: Placement<Middleware>, journal: Journal) => {
    app.on('error', (error) => journal.extra.push(`seen ${error.message} ${error.headerSent}`));
    app.use(outside);
    app.use(async (ctx, next) => {
      ctx.state['outside'] = 1;
      await next();
      const page = journal.page(ctx.req);
      page.note('after', [ctx.status, ctx.message, ctx.type, ctx.length ?? '-', ctx.headerSent, typeof ctx.body]);
    });
    for (const middleware of [...use, ...route(handler)]) app.use(middleware);
  };
}

describe.each(koaHosts)('$name answers the same with and without a breaker', (host) => {
  it.each(Object.entries(answers))('%s', async (_, [handler, request, shows]) => {
    await compare(host, { build: application(handler), client: raw(request), shows });
  });

  const outsides: Record<string, Middleware> = {
    'sets a header': async (ctx, next) => {
      await next();
      ctx.set('X-Time', '1');
    },
    'wraps the body': async (ctx, next) => {
      await next();
      ctx.body = { data: ctx.body };
    },
    'takes a stream further': async (ctx, next) => {
      await next();
      ctx.body = Readable.from([String(ctx.body)]).pipe(new PassThrough());
    },
    fails: async (ctx, next) => {
      await next();
      ctx.throw(500, 'outside');
    },
    'catches a 404': async (ctx, next) => {
      await next().catch((error) => {
        ctx.status = error.status;
        ctx.body = `caught ${error.message}`;
      });
    },
    'takes its time': async (_ctx, next) => {
      await next();
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
    'answers in its place': async (ctx, next) => {
      await next();
      ctx.status = 202;
      ctx.body = Buffer.from('other');
    },
  };
  it.each(Object.entries(outsides))('when middleware outside %s', async (name, outside) => {
    const handler: Middleware = (ctx) => {
      if (name.includes('404')) ctx.throw(404, 'not here');
      ctx.body = 'x';
    };
    await compare(host, { build: application(handler, outside), client: raw(get()), shows: /HTTP/ });
  });

  it('a stream whose client leaves', async () => {
    await compare(host, {
      build(app, place, journal) {
        const handler: Middleware = (ctx) => {
          const source = new Readable({ read() {} });
          source.on('close', () => journal.page(ctx.req).note('source closes'));
          source.push('the beginning');
          ctx.body = source;
        };
        application(handler)(app, place, journal);
      },
      async client(port) {
        const socket = await open(port);
        socket.write(head('GET /a'));
        const seen = await until(socket, 'the beginning');
        socket.destroy();
        return seen;
      },
      shows: /source closes/,
    });
  });

  it('an own ctx.onerror', async () => {
    await compare(host, {
      build(app, place, journal) {
        app.context.onerror = function (error: Error | null) {
          if (error === null || error === undefined) return;
          this.res.statusCode = 409;
          this.res.end(`own: ${error.message}`);
        };
        application((ctx) => ctx.throw(400, 'bad'))(app, place, journal);
      },
      client: raw(get()),
      shows: /409 Conflict.*own: bad/,
    });
  });

  it('a router with parameters, prefixes, and methods that are not allowed', async () => {
    await compare(host, {
      build(app, { use, route }) {
        for (const middleware of use) app.use(middleware);
        const router = new Router({ prefix: '/of/:owner' });
        const answer: Middleware = (ctx) => {
          const { params, routerPath, _matchedRoute: matched } = ctx as never as Record<string, unknown>;
          ctx.body = [params, routerPath, matched];
        };
        router.get('/items/:id', ...(route(answer) as never[]));
        router.post('/items', ...(route(answer) as never[]));
        app.use(router.routes() as never).use(router.allowedMethods() as never);
      },
      client: raw(
        head('GET /of/me/items/7') + head('DELETE /of/me/items/7') + head('OPTIONS /of/me/items') + last('GET /of/me'),
      ),
      shows: /items\/:id.*405 Method Not Allowed.*Allow: .*404/,
    });
  });
});
