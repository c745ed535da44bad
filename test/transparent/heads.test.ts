import type { ServerResponse } from 'node:http';
import { describe, it } from 'vitest';
import { last, raw } from './client.ts';
import type { Page } from './journal.ts';
import { rawHosts } from './raw-trial.ts';

type Head = (res: ServerResponse, page: Page) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: what the types do not allow is called, too
const loosely = (res: ServerResponse) => res as any;

/** How a head is made, and what of it must be on the wire. */
const heads: Record<string, [Head, RegExp]> = {
  'writeHead(status)': [(res) => res.writeHead(201).end('x'), /201 Created/],
  'writeHead(status, message)': [(res) => res.writeHead(201, 'Made It').end('x'), /201 Made It/],
  'writeHead(status, headers)': [(res) => res.writeHead(201, { 'X-Own': 1, 'x-TWO': ['a', 'b'] }).end('x'), /x-TWO: b/],
  'writeHead(status, message, headers)': [(res) => res.writeHead(299, 'Odd', { 'X-Own': 'a' }).end('x'), /299 Odd/],
  'writeHead(status, undefined, headers)': [
    (res) => res.writeHead(201, undefined, { 'X-Own': 'a' }).end('x'),
    /X-Own: a/,
  ],
  'writeHead with a flat array': [(res) => res.writeHead(200, ['X-A', '1', 'X-A', '2']).end('x'), /X-A: 1.*X-A: 2/],
  'writeHead with a flat array over set headers': [
    (res) => {
      res.setHeader('X-A', '0');
      res.setHeader('X-B', '0');
      res.writeHead(200, ['X-A', '1', 'X-A', '2', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('x');
    },
    /X-B: 0.*X-A: 2.*b=2/,
  ],
  'writeHead with an array of pairs': [
    (res, page) => {
      const pairs = [
        ['X-A', '1'],
        ['x-a', '2'],
      ];
      page.attempt('writeHead', () => void loosely(res).writeHead(200, pairs)); // only where no header is set
      res.end('x');
    },
    /X-A: 1.*x-a: 2|ERR_INVALID_ARG_TYPE/,
  ],
  'writeHead over set headers': [
    (res) => {
      res.setHeader('X-Own', 'set');
      res.setHeader('X-Kept', 'set');
      res.writeHead(200, { 'x-own': 'given' }).end('x');
    },
    /x-own: given.*X-Kept: set/,
  ],
  'writeHead with numbers as text': [(res) => loosely(res).writeHead('202').end('x'), /202 Accepted/],
  'what writeHead returns': [
    (res, page) => {
      page.note('itself', res.writeHead(200) === res);
      page.note('headersSent', res.headersSent);
      page.attempt('again', () => res.writeHead(201));
      page.attempt('setHeader', () => res.setHeader('x', 'y'));
      page.attempt('removeHeader', () => res.removeHeader('x'));
      page.attempt('appendHeader', () => res.appendHeader('x', 'y'));
      res.end('x');
    },
    /ERR_HTTP_HEADERS_SENT/,
  ],
  'what writeHead refuses': [
    (res, page) => {
      for (const status of [0, 99, 1000, -1, 'abc', undefined, null, Number.NaN]) {
        page.attempt(`status ${status}`, () => loosely(res).writeHead(status));
      }
      page.attempt('odd array', () => res.writeHead(200, ['x']));
      page.attempt('bad name', () => res.writeHead(200, { 'x y': '1' }));
      page.attempt('bad value', () => res.writeHead(200, { x: 'a\r\nb' }));
      page.attempt('bad message', () => res.writeHead(200, 'a\r\nb'));
      page.note('headersSent', res.headersSent);
      res.statusMessage = 'Fine';
      res.end('x');
    },
    /ERR_HTTP_INVALID_STATUS_CODE.*ERR_INVALID_CHAR/,
  ],
  'setters and getters': [
    (res, page) => {
      page.note('setHeader', res.setHeader('X-Case-Kept', '1') === res);
      page.note(
        'appendHeader',
        res.appendHeader('Set-Cookie', 'a=1').appendHeader('set-cookie', ['b=2', 'c=3']) === res,
      );
      page.note('setHeaders', loosely(res).setHeaders(new Map([['x-Map', 'm']])) === res);
      res.setHeader('X-Gone', '1');
      page.note('removeHeader', res.removeHeader('x-gone'));
      page.note('names', res.getHeaderNames());
      page.note('raw names', loosely(res).getRawHeaderNames());
      page.note('headers', JSON.stringify(res.getHeaders()));
      page.note('has', [res.hasHeader('x-case-kept'), res.hasHeader('X-Gone'), res.getHeader('SET-COOKIE')]);
      page.attempt('bad name', () => res.setHeader('x y', '1'));
      page.attempt('no value', () => loosely(res).setHeader('x'));
      page.attempt('bad value', () => res.setHeader('x', '☃'));
      res.end('x');
    },
    /X-Case-Kept: 1.*Set-Cookie: a=1.*Set-Cookie: c=3.*x-Map: m.*ERR_INVALID_CHAR/,
  ],
  'a status message of its own': [
    (res, page) => {
      res.statusCode = 404;
      res.statusMessage = 'Not Here';
      page.note('message', res.statusMessage);
      res.end('x');
      page.note('message', res.statusMessage);
    },
    /404 Not Here/,
  ],
  'a status that is none, on an implicit head': [
    (res, page) => {
      res.statusCode = 1234;
      page.attempt('end', () => res.end('x'));
      page.attempt('write', () => res.write('x'));
      page.attempt('flushHeaders', () => res.flushHeaders());
      res.statusCode = 200;
      res.end('y');
    },
    /ERR_HTTP_INVALID_STATUS_CODE/,
  ],
  'no date': [
    (res) => {
      res.sendDate = false;
      res.end('x');
    },
    /200 OK\\r\\n(?!.*Date)/,
  ],
  'Connection: close, and no more than that': [
    (res) => res.setHeader('Connection', 'close').end('x'),
    /Connection: close/,
  ],
  'a fixed length': [(res) => res.writeHead(200, { 'Content-Length': 3 }).end('abc'), /Content-Length: 3/],
  'a length of an end alone': [(res) => res.end('Käse'), /Content-Length: 5/],
  'chunks because they were asked for': [
    (res) => res.setHeader('Transfer-Encoding', 'chunked').end('abc'),
    /3\\r\\nabc/,
  ],
  'neither length nor chunks': [
    (res) => {
      res.removeHeader('content-length');
      loosely(res).useChunkedEncodingByDefault = false;
      res.write('a');
      res.end('b');
    },
    /\\r\\n\\r\\nab</,
  ],
  'more than its length': [
    (res, page) => {
      loosely(res).strictContentLength = true;
      res.writeHead(200, { 'Content-Length': 2 });
      page.attempt('write', () => res.write('abc'));
      page.attempt('end', () => res.end('abc'));
      page.attempt('end short', () => res.end('a'));
      page.attempt('end right', () => res.end('ab'));
    },
    /ERR_HTTP_CONTENT_LENGTH_MISMATCH/,
  ],
  'less than its length': [
    (res, page) => {
      res.writeHead(200, { 'Content-Length': 5 });
      page.attempt('end', () => res.end('ab'));
    },
    /Content-Length: 5.*ab</,
  ],
  'a body where there must be none (204)': [(res) => res.writeHead(204).end('no'), /204 No Content/],
  'a body where there must be none (304)': [
    (res, page) => {
      res.writeHead(304, { ETag: '"a"', 'Content-Length': 9 });
      page.attempt('write', () => res.write('no'));
      res.end();
    },
    /304 Not Modified.*Content-Length: 9/,
  ],
  'flushed headers': [
    (res, page) => {
      res.setHeader('X-Own', '1');
      page.attempt('flush', () => res.flushHeaders());
      page.note('headersSent', res.headersSent);
      page.attempt('flush again', () => res.flushHeaders());
      page.attempt('setHeader', () => res.setHeader('x', 'y'));
      setImmediate(() => res.end('later'));
    },
    /X-Own: 1.*5\\r\\nlater/,
  ],
  'flushed headers that were written': [
    (res) => {
      res.writeHead(206, { 'X-Own': '1' });
      res.flushHeaders();
      setImmediate(() => res.end());
    },
    /206 Partial/,
  ],
  trailers: [
    (res, page) => {
      res.writeHead(200, { Trailer: 'X-Sum, x-two' });
      res.write('abc');
      page.attempt('addTrailers', () => res.addTrailers({ 'X-Sum': '42', 'x-two': 'a' }));
      res.end('d');
    },
    /0\\r\\nX-Sum: 42\\r\\nx-two: a/,
  ],
  'trailers that are none': [
    (res, page) => {
      res.write('abc');
      page.attempt('addTrailers', () => res.addTrailers({ 'x y': '1' }));
      res.end('d');
    },
    /ERR_INVALID_HTTP_TOKEN/,
  ],
  'trailers on a fixed length': [
    (res) => {
      res.writeHead(200, { 'Content-Length': 1 });
      res.addTrailers([['X-Sum', '42']]);
      res.end('d');
    },
    /Content-Length: 1/,
  ],
  'informational answers before the answer': [
    (res, page) => {
      page.attempt('processing', () => res.writeProcessing());
      page.attempt('continue', () => res.writeContinue(page.called('continue') as () => void));
      page.attempt('hints', () =>
        res.writeEarlyHints(
          { link: ['</a.css>; rel=preload', '</b.js>; rel=preload'], 'x-own': 'a' },
          page.called('hints') as () => void,
        ),
      );
      page.attempt('no hints', () => loosely(res).writeEarlyHints({ link: 'rubbish' }));
      page.note('headersSent', res.headersSent);
      res.end('x');
    },
    /102 Processing.*100 Continue.*103 Early Hints.*b\.js.*200 OK/,
  ],
};

/** In each of these the frame is another. */
const requests: Record<string, string> = {
  HEAD: last('HEAD /a'),
  'HTTP/1.0': 'GET /a HTTP/1.0\r\nHost: x\r\n\r\n',
};

describe.each(rawHosts)('$name makes the same heads with and without a breaker', (host) => {
  it.each(Object.entries(heads))('%s', async (_, [make, shows]) => {
    await host.compare((_req, res, page) => void make(res, page), { client: raw(last('GET /a')), shows });
  });
});

describe.each(Object.entries(requests))('For %s', (_, request) => {
  // one host: the raw response is the same on all
  describe.each(rawHosts.filter(({ name }) => /Koa 2/.test(name)))('$name makes the same heads', (host) => {
    // Node refuses to announce trailers where there are no chunks
    it.each(Object.entries(heads).filter(([name]) => name !== 'trailers'))('%s', async (_name, [make]) => {
      await host.compare((_req, res, page) => void make(res, page), { client: raw(request), shows: /HTTP\/1\.1 \d/ });
    });
  });
});
