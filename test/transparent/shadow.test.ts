import { once } from 'node:events';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Context, Middleware } from 'koa';
import { describe, it } from 'vitest';
import { head, last, open, raw, rest, until } from './client.ts';
import { expressHosts, koaHosts } from './hosts.ts';
import { type RawHandler, rawHosts } from './raw-trial.ts';
import { compare } from './twins.ts';

/** Longer than the deadline of a breaker in `shadow` here. */
const beyondDeadline = () => sleep(40);
const dying = () => {
  const source = new Readable({ read() {} });
  source.push('data: one\n\n');
  setTimeout(() => source.destroy(new Error('upstream is cut')), 10);
  return source;
};
const events = { 'Content-Type': 'text/event-stream' };

/** Failures of a handler that has the raw response, and what each must show. */
const failures: Record<string, [RawHandler, RegExp]> = {
  'answers 500': [
    (_req, res) => void res.writeHead(500, { 'X-Secret': 'a' }).end('down'),
    /500 Internal.*X-Secret.*down/,
  ],
  'answers 503 in a stream': [
    async (_req, res) => {
      res.statusCode = 503;
      for (const word of ['down', 'for', 'long']) {
        res.write(word);
        await new Promise(setImmediate);
      }
      res.end();
    },
    /503.*down.*for.*long/,
  ],
  'answers 500 with flushed headers': [
    async (_req, res) => {
      res.writeHead(500);
      res.flushHeaders();
      await sleep(1);
      res.end('down');
    },
    /500.*down/,
  ],
  'answers 500 to a pipe': [
    (_req, res) => {
      res.statusCode = 502;
      Readable.from(['bad ', 'gateway']).pipe(res);
    },
    /502.*bad .*gateway/,
  ],
  'answers 408': [(_req, res) => void res.writeHead(408).end(), /408 Request Timeout/],
  'answers 429': [(_req, res) => void res.writeHead(429).end('slow down'), /429.*slow down/],
  'answers late': [
    async (_req, res, page) => {
      await beyondDeadline();
      page.note('sent', res.headersSent);
      page.note('write', res.write('late', page.called('write')));
      res.end(page.called('end'));
    },
    /200 OK.*sent: false.*write is called/,
  ],
  'answers late, in a head that was made early': [
    async (_req, res) => {
      res.writeHead(201, { 'X-Own': '1' });
      await beyondDeadline();
      res.end('late');
    },
    /201 Created.*X-Own.*late/,
  ],
  'answers 500 late': [
    async (_req, res) => {
      await beyondDeadline();
      res.writeHead(500).end('late');
    },
    /500.*late/,
  ],
  'answers twice': [
    (_req, res, page) => {
      res.writeHead(500).end('one');
      page.attempt('head', () => res.writeHead(200));
      page.attempt('header', () => res.setHeader('x', 'y'));
      page.note('write', res.write('two', page.called('write')));
      res.end('two', page.called('end'));
    },
    /ERR_HTTP_HEADERS_SENT.*ERR_STREAM_WRITE_AFTER_END/,
  ],
  'destroys the response': [(_req, res, page) => page.note('itself', res.destroy() === res), /<ECONNRESET>|<end>/],
  'destroys the response with an error': [(_req, res) => void res.destroy(new Error('mine')), /error.*close/],
  'destroys the response in mid-answer': [
    async (_req, res) => {
      res.writeHead(200, events).write('data: one\n\n');
      await sleep(5);
      res.destroy(new Error('mine'));
    },
    /data: one.*writableEnded:false/,
  ],
  'destroys the socket': [(req) => void req.socket.destroy(), /writableEnded:false/],
  'destroys the socket in mid-answer': [
    async (req, res) => {
      res.write('one');
      await sleep(5);
      req.socket.destroy();
    },
    /one.*writableEnded:false/,
  ],
  'destroys the request': [(req) => void req.destroy(), /aborted/],
  'is cut in a pipeline of events': [
    (_req, res, page) => {
      res.writeHead(200, events);
      pipeline(dying(), res, page.called('pipeline'));
    },
    /data: one.*pipeline is called: Error {2}upstream is cut/,
  ],
  'is cut in a pipeline before its first byte': [
    (_req, res, page) => {
      const source = new PassThrough();
      pipeline(source, res, page.called('pipeline'));
      setImmediate(() => source.destroy(new Error('upstream is cut')));
    },
    /pipeline is called: Error {2}upstream is cut/,
  ],
  'breaks off before its declared length': [
    (_req, res) => void res.writeHead(200, { 'Content-Length': 10 }).end('short'),
    /Content-Length: 10.*short/,
  ],
  'waits in mid-answer beyond the deadline': [
    async (_req, res) => {
      res.write('one');
      await beyondDeadline();
      res.end('two');
    },
    /one.*two/,
  ],
  'has its upload stop': [
    async (req, res, page) => {
      req.on('data', () => {});
      req.on('error', page.called('error of the request'));
      await beyondDeadline();
      res.end('gave up');
    },
    /gave up/,
  ],
};

/** What ends on its own in no time: its client leaves. */
const hanging: Record<string, [RawHandler, string]> = {
  'never answers': [(_req, res) => once(res, 'close'), ''],
  'sends one byte and hangs': [
    (_req, res) => {
      res.write('one');
      return once(res, 'close');
    },
    'one',
  ],
  'is cut in a pipe': [
    (_req, res) => {
      const source = dying();
      source.on('error', () => {});
      source.pipe(res.writeHead(200, events));
      return once(res, 'close');
    },
    'data: one',
  ],
  'is cut in a pipe before its first byte': [
    (_req, res) => {
      const source = new PassThrough();
      source.on('error', () => {});
      source.pipe(res);
      setImmediate(() => source.destroy(new Error('upstream is cut')));
      return once(res, 'close');
    },
    '',
  ],
};

describe.each(rawHosts)('$name does the same in shadow as without a breaker when a handler', (host) => {
  it.each(Object.entries(failures))('%s', async (name, [handler, shows]) => {
    const isUpload = name.includes('upload');
    const sent = isUpload ? `${last('POST /a', 'Content-Length: 9')}123` : last('GET /a');
    await host.compareShadow(handler, { client: raw(sent), shows });
  });

  it.each(Object.entries(hanging))('%s', async (_, [handler, sent]) => {
    await host.compareShadow(handler, {
      client: async (port, journal) => {
        const socket = await open(port);
        socket.write(head('GET /a'));
        await journal.begun;
        await beyondDeadline();
        const seen = sent === '' ? String(socket.read()) : await until(socket, sent);
        socket.destroy();
        return seen;
      },
      shows: /writableEnded:false/,
    });
  });

  it('fails one after another on one connection', async () => {
    await host.compareShadow((req, res) => void res.writeHead(500).end(`down ${req.url}`), {
      client: async (port) => {
        const socket = await open(port);
        let seen = '';
        for (let at = 0; at < 12; at++) {
          socket.write(head(`GET /${at}`));
          seen += await until(socket, `down /${at}`);
        }
        socket.write(last('GET /last'));
        return seen + (await rest(socket));
      },
      shows: /down \/11.*down \/last/,
    });
  });
});

type Next = (error: unknown) => void;
const broken = () => Object.assign(new Error('upstream is down'), { headers: { 'X-Error': 'a' } });
const expressFailures: Record<string, [RequestHandler, RegExp]> = {
  throws: [
    () => {
      throw broken();
    },
    /500 Internal.*seen upstream is down/,
  ],
  'calls next with an error': [(_req, _res, next: Next) => next(broken()), /500.*seen upstream is down/],
  'calls next with an error late': [
    (_req, _res, next: Next) => void setTimeout(next, 50, broken()),
    /500.*seen upstream/,
  ],
  'calls next with a 503': [
    (_req, _res, next: Next) => next(Object.assign(broken(), { status: 503 })),
    /503.*X-Error: a/,
  ],
  'calls next with a 404': [(_req, _res, next: Next) => next(Object.assign(broken(), { status: 404 })), /404/],
  'answers 500 as JSON': [(_req, res) => void res.status(500).set('X-Own', 'a').json({ down: true }), /500.*"down/],
  'fails after its first byte': [
    (_req, res, next: Next) => {
      res.type('text/event-stream').write('data: one\n\n');
      setTimeout(next, 5, broken());
    },
    /data: one.*seen upstream is down/,
  ],
  'fails after its answer': [
    (_req, res, next: Next) => {
      res.json({ fine: true });
      next(broken());
    },
    /seen upstream is down/,
  ],
  'sends a file that is not there': [(_req, res) => res.sendFile('/nowhere/at/all'), /404/],
};

describe.each(expressHosts)('$name does the same in shadow as without a breaker when a handler', (host) => {
  it.each(Object.entries(expressFailures))('%s', async (_, [handler, shows]) => {
    const trial = {
      build(app: ReturnType<typeof host.create>, place: typeof host.bare, journal: { extra: string[] }) {
        for (const middleware of place.use) app.use(middleware);
        app.get('/a', ...place.route(handler));
        app.use(((error, _req, _res, next) => {
          journal.extra.push(`seen ${error.message}`);
          delete error.stack; // which shows the breaker
          next(error);
        }) satisfies ErrorRequestHandler);
      },
      client: raw(last('GET /a')),
      shows,
    };
    await compare(host, trial, host.shadows);
  });
});

/** Koa 2 leaves a client waiting whose stream is cut: here the application hangs up. */
function hungUp<S extends Readable>(ctx: Context, source: S): S {
  return source.once('error', () => setImmediate(() => ctx.req.socket.destroy()));
}

const koaFailures: Record<string, [Middleware, RegExp]> = {
  throws: [
    () => {
      throw broken();
    },
    /500 Internal.*X-Error: a.*seen upstream is down/,
  ],
  rejects: [
    async (ctx) => {
      ctx.set('X-Own', 'lost');
      await sleep(1);
      throw broken();
    },
    /500.*seen upstream is down/,
  ],
  'rejects late': [() => beyondDeadline().then(() => Promise.reject(broken())), /500.*seen upstream is down/],
  'throws a 503': [(ctx) => ctx.throw(503, 'mine', { headers: { 'Retry-After': '9' } }), /503.*Retry-After: 9/],
  'throws a 404': [(ctx) => ctx.throw(404, 'not here'), /404.*not here/],
  'throws no error': [() => Promise.reject('a string'), /500.*seen/],
  'answers 500': [
    (ctx) => {
      ctx.status = 500;
      ctx.body = { down: true };
    },
    /500.*down/,
  ],
  'answers 500 without a body': [
    (ctx) => {
      ctx.status = 500;
    },
    /500.*Internal Server Error/,
  ],
  'answers late': [
    async (ctx) => {
      await beyondDeadline();
      ctx.body = 'late';
    },
    /200 OK.*late/,
  ],
  'answers with a stream that is cut': [
    (ctx) => {
      ctx.type = 'text/event-stream';
      ctx.body = hungUp(ctx, dying());
    },
    /data: one.*seen/,
  ],
  'answers with a stream that is cut before its first byte': [
    (ctx) => {
      const source = hungUp(ctx, new PassThrough());
      ctx.body = source;
      setTimeout(() => source.destroy(broken()), 5);
    },
    /seen/,
  ],
  'answers with what is no JSON': [
    (ctx) => {
      ctx.body = { big: 1n };
    },
    /500.*seen Do not know how to serialize a BigInt/,
  ],
};

describe.each(koaHosts)('$name does the same in shadow as without a breaker when a handler', (host) => {
  it.each(Object.entries(koaFailures))('%s', async (_, [handler, shows]) => {
    const trial = {
      build(app: ReturnType<typeof host.create>, place: typeof host.bare, journal: { extra: string[] }) {
        app.on('error', (error) => journal.extra.push(`seen ${error.message}`));
        for (const middleware of [...place.use, ...place.route(handler)]) app.use(middleware);
      },
      client: raw(last('GET /a')),
      shows,
    };
    await compare(host, trial, host.shadows);
  });
});
