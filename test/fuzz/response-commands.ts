import fc from 'fast-check';
import {
  type Command,
  callback,
  calls,
  callsWith,
  often,
  one,
  optional,
  reads,
  sets,
  sources,
  waits,
} from './commands.ts';

const values = (...given: unknown[]): fc.Arbitrary<unknown> => fc.constantFrom(...given);

const statuses = fc.oneof(
  often(6, values(200, 201, 204, 206, 304, 400, 404)),
  often(2, values(408, 429, 500, 503)),
  often(2, values(100, 99, 999, 1000, '201', 'abc', 200.7, undefined, null, Symbol('status'), 1n)),
);
const messages = values('Fine', '', 'Très bien', 'bad\r\nX-Injected: 1', undefined, null, 7);
const names = fc.oneof(
  often(3, values('X-A', 'x-a', 'Set-Cookie')),
  often(3, values('Content-Type', 'Content-Encoding', 'Cache-Control', 'ETag', 'Date', 'Trailer')),
  often(3, values('Content-Length', 'Transfer-Encoding', 'Connection', 'Keep-Alive')),
  often(1, values('bad name', '', undefined, 1)),
);
const fields = fc.oneof(
  often(4, values('1', 'a', 3, '3', '12', 'é', '', true, ['a', 'b'], [], ['a', 1])),
  often(2, values('chunked', 'close', 'keep-alive', 'text/plain')),
  often(1, values('bad\nvalue', ['bad\nvalue'], undefined, null, {})),
);
const pairs = fc.oneof(fc.tuple(names, fields), fc.tuple(values('Content-Length'), values(0, 3, '3', 6, 12, 'many')));
const lists = fc.array(pairs, { maxLength: 3 });
const headers = fc.oneof(
  lists.map((list): unknown => Object.fromEntries(list)),
  lists.map((list): unknown => list.flat()),
  lists as fc.Arbitrary<unknown>,
  values(undefined, null, ['X-A'], [['X-A', '1'], null], [['X-A']], 4),
);
const chunks = fc.oneof(
  often(6, values('abc', 'abcdef', 'ü', Buffer.from('buf'), new Uint8Array([65, 66, 67]))),
  often(2, values('', Buffer.alloc(0), new Uint8Array(0), 'x'.repeat(70_000))),
  often(1, values(undefined, null, 1, true, {}, [], new Uint16Array([65]))),
);
const encodings = values('utf8', 'latin1', 'hex', 'base64', 'bad', undefined, null);
const link = '</a.css>; rel=preload';
const hints = values({ link }, { link: [link, link], 'x-b': '1' }, {}, { link: 'bad' }, undefined, {
  link,
  'x-b': '\n',
});
const later = optional(values(callback));

const onHead = [
  often(
    4,
    calls(['writeHead', 'writeHead', 'writeHead', 'writeHeader'], one(statuses), optional(messages), optional(headers)),
  ),
  often(
    5,
    calls(
      ['setHeader', 'setHeader', 'appendHeader'],
      pairs.map((pair) => [...pair]),
    ),
  ),
  often(
    1,
    calls(
      ['setHeaders'],
      one(
        fc.oneof(
          lists.map((list) => new Map(list)),
          values(new Headers({ 'x-c': '1' }), {}, [], undefined),
        ),
      ),
    ),
  ),
  often(2, calls(['removeHeader', 'getHeader', 'hasHeader'], one(names))),
  often(1, calls(['getHeaders', 'getHeaderNames', 'getRawHeaderNames'])),
  often(1, calls(['addTrailers'], one(headers))),
  often(2, calls(['cork', 'uncork'])),
  often(1, calls(['setTimeout'], one(values(0, 60_000)), later)),
  often(
    3,
    statuses.map((to) => ({ set: 'statusCode', to })),
  ),
  often(
    1,
    messages.map((to) => ({ set: 'statusMessage', to })),
  ),
  ...['sendDate', 'strictContentLength', 'chunkedEncoding', 'shouldKeepAlive', 'useChunkedEncodingByDefault'].map(
    (set) => often(1, sets(set, true, false)),
  ),
  often(
    2,
    fc.record({
      listen: fc.constantFrom('finish', 'close', 'prefinish', 'drain', 'error', 'pipe', 'unpipe'),
      how: fc.constantFrom('on', 'once', 'prependListener'),
    }),
  ),
  often(1, reads),
  often(4, waits),
] as fc.WeightedArbitrary<Command>[];

const onWire = [
  often(8, calls(['write'], one(chunks), optional(encodings), later)),
  often(5, calls(['end'], one(chunks), optional(encodings), later)),
  often(2, calls(['end'], later)),
  often(2, calls(['flushHeaders'])),
  often(1, calls(['writeContinue', 'writeProcessing'], later)),
  often(1, calls(['writeEarlyHints'], one(hints), later)),
  often(1, calls(['writeInformation'], one(values(102, 103, 110, 101, 200, 'abc')), optional(headers), later)),
  often(1, callsWith('destroy', [], [new Error('given up')], [null])),
  often(2, fc.record({ pour: fc.constantFrom('pipe', 'pipeline'), from: sources(fc.constant(false)) })),
] as fc.WeightedArbitrary<Command>[];

/** What touches the head of Node's response, and puts no byte on the wire. */
export const headCommand: fc.Arbitrary<Command> = fc.oneof(...onHead);

/** Everything that can be done to Node's response, legal or not. */
export const responseCommand: fc.Arbitrary<Command> = fc.oneof(...onHead, ...onWire);
