import { fileURLToPath } from 'node:url';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { describe, it } from 'vitest';
import { head, last, raw } from './client.ts';
import { expressHosts, type Placement } from './hosts.ts';
import { compare } from './twins.ts';

const file = fileURLToPath(new URL('./numbers.txt', import.meta.url));
const get = (...headers: string[]) => last('GET /a', ...headers);

/** A handler of GET and POST /a, what is asked of it, and what must be seen. */
const answers: Record<string, [RequestHandler, string, RegExp]> = {
  'res.send(text)': [(_req, res) => void res.send('<p>Käse</p>'), get(), /text\/html; charset=utf-8.*ETag/],
  'res.send(buffer)': [(_req, res) => void res.send(Buffer.from([1, 2])), get(), /application\/octet-stream/],
  'res.send(nothing)': [(_req, res) => void res.send(), get(), /Content-Length: 0/],
  'res.json': [(_req, res) => void res.json({ a: [1, null, 'ü'] }), get(), /application\/json.*Content-Length: 19/],
  'res.jsonp': [(_req, res) => void res.jsonp({ a: 1 }), last('GET /a?callback=cb'), /typeof cb/],
  'res.sendStatus': [(_req, res) => void res.sendStatus(202), get(), /202 Accepted.*Accepted/],
  'a status of its own': [(_req, res) => void res.status(299).end(), get(), /299 unknown|299/],
  'res.redirect': [
    (_req, res) => res.redirect(307, '/b?c=d'),
    get('Accept: text/html'),
    /307 Temporary.*Location: \/b/,
  ],
  'res.format': [
    (_req, res) => void res.format({ html: () => res.send('<p>'), json: () => res.send({ a: 1 }) }),
    get('Accept: application/json'),
    /Vary: Accept.*application\/json/,
  ],
  'res.format of what is not acceptable': [
    (_req, res) => void res.format({ html: () => res.send('<p>') }),
    get('Accept: image/png'),
    /406 Not Acceptable/,
  ],
  'headers by all means': [
    (_req, res) => {
      res.append('Link', ['<a>', '<b>']).append('Link', '<c>').set({ 'X-One': '1', 'x-Two': '2' }).vary('Origin');
      res.cookie('a', 'b c', { httpOnly: true, maxAge: 1_000, sameSite: 'lax' }).cookie('j', { k: 1 }).clearCookie('z');
      res.location('/there').links({ next: '/n' }).type('txt').attachment('naïve.txt').send('x');
    },
    get(),
    /Link: <a>.*Set-Cookie: a=b%20c.*Set-Cookie: z=.*Content-Disposition: attachment/,
  ],
  'a fresh answer': [
    (_req, res) => void res.set('ETag', '"v1"').send('unchanged'),
    get('If-None-Match: "v1"'),
    /304 Not Modified/,
  ],
  'a fresh answer by its date': [
    (_req, res) => void res.set('Last-Modified', 'Tue, 01 Jan 2030 00:00:00 GMT').send('unchanged'),
    get('If-Modified-Since: Tue, 01 Jan 2030 00:00:00 GMT'),
    /304 Not Modified/,
  ],
  'HEAD of a GET route': [
    (_req, res) => void res.json({ a: 1 }),
    last('HEAD /a'),
    /Content-Length: 7\\r\\nETag.*\\r\\n\\r\\n</,
  ],
  'a body that is parsed': [
    (req, res) => void res.json({ got: req.body }),
    `${last('POST /a', 'Content-Type: application/json', 'Content-Length: 7')}{"a":1}`,
    /got.*a.*1/,
  ],
  'a body that is none': [
    (req, res) => void res.json({ got: req.body }),
    `${last('POST /a', 'Content-Type: application/json', 'Content-Length: 3')}{a}`,
    /400 Bad Request/,
  ],
  'res.sendFile': [(_req, res) => res.sendFile(file), get(), /Accept-Ranges: bytes.*zero one/],
  'res.sendFile, and its callback': [
    (_req, res) => res.sendFile(file, { maxAge: 1_000, headers: { 'X-Own': '1' } }, () => res.locals.called?.()),
    get(),
    /X-Own: 1.*max-age=1/,
  ],
  'a range of a file': [(_req, res) => res.sendFile(file), get('Range: bytes=5-7'), /206 Partial.*bytes 5-7\/\d+.*one/],
  'the end of a file': [(_req, res) => res.sendFile(file), get('Range: bytes=-5'), /206 Partial/],
  'a range that is none': [(_req, res) => res.sendFile(file), get('Range: bytes=900-'), /416 Range Not/],
  'a range if nothing has changed': [
    (_req, res) => res.sendFile(file),
    get('Range: bytes=5-7', 'If-Range: "other"'),
    /200 OK/,
  ],
  'a file that is fresh': [
    (_req, res) => res.sendFile(file),
    get('If-Modified-Since: Tue, 01 Jan 2999 00:00:00 GMT'),
    /304 Not Modified/,
  ],
  'HEAD of a file': [(_req, res) => res.sendFile(file), last('HEAD /a'), /Content-Length: \d\d.*\\r\\n\\r\\n</],
  'res.download': [(_req, res) => res.download(file, 'n.txt'), get(), /filename=.*n\.txt/],
  'a file that is not there': [(_req, res) => res.sendFile(`${file}.not`), get(), /404 Not Found/],
  "next('route')": [(_req, _res, next) => next('route'), get(), /the second route/],
  'next()': [(_req, _res, next) => next(), get(), /the second route/],
  "next('router')": [(_req, _res, next) => next('router'), get(), /404 Not Found/],
  'a thrown 4xx': [
    () => {
      throw Object.assign(new Error('no such thing'), { status: 404, headers: { 'X-Error': '1' } });
    },
    get(),
    /404 Not Found.*X-Error: 1/,
  ],
  'a 422 by an error handler': [
    (_req, _res, next: (error: unknown) => void) => next(Object.assign(new Error('odd'), { own: 422, status: 422 })),
    get(),
    /422 Unprocessable.*mine: odd/,
  ],
  locals: [
    (req, res) => {
      res.locals.own = 'b';
      res.json({
        ...res.locals,
        originalUrl: req.originalUrl,
        baseUrl: req.baseUrl,
        params: req.params,
        fresh: req.fresh,
      });
    },
    last('GET /a?q=1'),
    /outside.*own.*b.*originalUrl.*q=1/,
  ],
};

function application(handler: RequestHandler) {
  return (app: Express, { use, route }: Placement<RequestHandler>) => {
    app.use((_req, res, next) => {
      res.locals.outside = 'a';
      next();
    });
    app.use(express.json());
    for (const middleware of use) app.use(middleware);
    app.get('/a', ...route(handler));
    app.post('/a', ...route(handler));
    app.get('/a', (_req, res) => void res.send('the second route'));
    app.use(((error, _req, res, next) => {
      delete error.stack; // which shows the breaker
      if (error.own) res.status(error.own).send(`mine: ${error.message}`);
      else next(error);
    }) satisfies ErrorRequestHandler);
  };
}

describe.each(expressHosts)('$name answers the same with and without a breaker', (host) => {
  it.each(Object.entries(answers))('%s', async (_, [handler, request, shows]) => {
    await compare(host, { build: application(handler), client: raw(request), shows });
  });

  it.each([
    ['OPTIONS of a route', last('OPTIONS /a'), /GET/],
    ['a method that it has not', last('DELETE /a'), /404 Not Found/],
    ['a path that is not there', last('GET /nowhere'), /Cannot GET \/nowhere/],
    ['a path that is none', last('GET /%E0%A4%A'), /404|400/],
    ['several on one connection', head('GET /a') + head('GET /x') + last('HEAD /a'), /404 Not Found.*200 OK/],
  ])('%s', async (_, request, shows) => {
    const build = application((_req, res) => void res.send('x'));
    await compare(host, { build, client: raw(request), shows });
  });

  it('a static folder, routers, parameters, and an application in an application', async () => {
    await compare(host, {
      build(app, { use, route }) {
        for (const middleware of use) app.use(middleware);
        app.use('/files', express.static(fileURLToPath(new URL('.', import.meta.url))));
        const router = express.Router({ mergeParams: true });
        router.param('id', (req, _res, next, id) => {
          Object.assign(req, { found: `item ${id}` });
          next();
        });
        const answer: RequestHandler = (req, res) =>
          void res.json([req.params, req.baseUrl, req.url, (req as { found?: string }).found]);
        router.get('/items/:id', ...route(answer));
        app.use('/of/:owner', router);
        const inner = express();
        inner.get('/b', ...route(answer));
        app.use('/inner', inner);
      },
      client: raw(
        head('GET /files/numbers.txt') +
          head('GET /files/not.txt') +
          head('GET /files/numbers.txt', 'Range: bytes=0-3') +
          head('GET /of/me/items/7?x=1') +
          head('GET /inner/b') +
          last('GET /files'),
      ),
      shows: /zero one.*404.*206.*item 7.*\/inner.*\/b/,
    });
  });
});
