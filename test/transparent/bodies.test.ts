import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import { describe, it } from 'vitest';
import { last, raw } from './client.ts';
import type { Page } from './journal.ts';
import { rawHosts } from './raw-trial.ts';

type Body = (res: ServerResponse, page: Page) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: what the types do not allow is called, too
const loosely = (res: ServerResponse) => res as any;
const state = (res: ServerResponse) => [res.headersSent, res.writableEnded, res.writableFinished, res.writableCorked];

/** How a body is written, and what of it must be seen. */
const bodies: Record<string, [Body, RegExp]> = {
  'write in all its forms': [
    (res, page) => {
      page.note('string', res.write('a', page.called('1')));
      page.note('coding', res.write('62', 'hex', page.called('2')));
      page.note('buffer', res.write(Buffer.from('c'), page.called('3')));
      page.note('bytes', res.write(new Uint8Array([100]), page.called('4')));
      page.note('latin1', res.write('ä', 'latin1'));
      page.note('coding that is ignored', loosely(res).write(Buffer.from('e'), 'latin1', page.called('5')));
      page.note('empty', res.write('', page.called('empty')));
      page.note('no bytes', res.write(Buffer.alloc(0)));
      res.end();
    },
    /1 is called.*5 is called/,
  ],
  'what write refuses': [
    (res, page) => {
      for (const chunk of [null, undefined, 42, {}, true]) page.attempt(`${chunk}`, () => loosely(res).write(chunk));
      page.attempt('coding', () => loosely(res).write('a', 'no such coding'));
      page.attempt('end', () => loosely(res).end(42));
      res.end('x');
    },
    /ERR_STREAM_NULL_VALUES.*ERR_INVALID_ARG_TYPE/,
  ],
  'end()': [(res, page) => page.note('itself', res.end() === res), /itself: true/],
  'end(callback)': [(res, page) => void res.end(page.called('end')), /end is called/],
  'end(chunk, callback)': [(res, page) => void res.end('x', page.called('end')), /end is called/],
  'end(chunk, coding, callback)': [
    (res, page) => void res.end('eHg=', 'base64', page.called('end')),
    /xx|end is called/,
  ],
  'end(bytes)': [(res) => void res.end(new Uint8Array([120, 121])), /\\nxy</],
  'end(null)': [(res, page) => void loosely(res).end(null, page.called('end')), /end is called/],
  'end(empty)': [(res) => void res.end(''), /Content-Length: 0/],
  'end twice': [
    (res, page) => {
      res.end('x', page.called('first'));
      page.note('itself', res.end(page.called('second')) === res);
      page.note('with a chunk', loosely(res).end('y', page.called('third')) === res);
    },
    /ERR_STREAM/,
  ],
  'end after finish': [
    async (res, page) => {
      res.end('x');
      await once(res, 'finish');
      page.attempt('end', () => res.end(page.called('late')) === res);
    },
    /late is called: Error ERR_STREAM_ALREADY_FINISHED/,
  ],
  'write after end': [
    (res, page) => {
      res.end('x');
      page.note('returned', res.write('y', page.called('late')));
    },
    /ERR_STREAM_WRITE_AFTER_END/,
  ],
  'the state at each point': [
    (res, page) => {
      page.note('before', state(res));
      res.write('a');
      page.note('after a write', state(res));
      res.end('b', () => page.note('called back', state(res)));
      page.note('after the end', state(res));
      page.note('finished', loosely(res).finished);
    },
    /before: \[false,false,false,0\].*after a write: \[true,false/,
  ],
  'corked writes': [
    (res, page) => {
      res.cork();
      res.write('a');
      res.write('b', page.called('b'));
      page.note('corked', state(res));
      res.uncork();
      page.note('uncorked', state(res));
      res.cork();
      res.cork();
      res.write('c');
      res.end('d');
      page.note('ended', state(res));
    },
    /1\\r\\na.*b is called/,
  ],
  'a flood in one turn': [
    (res, page) => {
      const chunk = 'x'.repeat(10_000);
      const answers = Array.from({ length: 12 }, () => [res.write(chunk), res.writableLength, res.writableNeedDrain]);
      page.note('answers', answers);
      page.note('mark', res.writableHighWaterMark);
      res.end();
    },
    /false,\d+,true.*mark/,
  ],
  'a flood that waits for drain': [
    async (res) => {
      for (let chunk = 0; chunk < 40; chunk++) if (!res.write('x'.repeat(20_000))) await once(res, 'drain');
      res.end();
    },
    /drain/,
  ],
  'a chunked body over many turns': [
    async (res) => {
      for (const word of ['one', 'two', 'three']) {
        res.write(word);
        await new Promise(setImmediate);
      }
      res.end();
    },
    /3\\r\\none\\r\\n3\\r\\ntwo\\r\\n5\\r\\nthree\\r\\n0/,
  ],
  pipe: [(res) => void Readable.from(['one', 'two']).pipe(res), /pipe.*finish.*unpipe/],
  'a pipe that does not end': [
    async (res) => {
      const source = Readable.from(['one', 'two']);
      source.pipe(res, { end: false });
      await once(source, 'end');
      res.end('three');
    },
    /three/,
  ],
  'a pipe that is taken off': [
    async (res) => {
      const source = new PassThrough();
      source.pipe(res);
      source.write('one');
      await new Promise(setImmediate);
      source.unpipe(res);
      source.write('lost');
      res.end('two');
    },
    /unpipe.*finish/,
  ],
  'two sources after one another': [
    async (res) => {
      for (const word of ['one', 'two']) {
        const source = Readable.from([word]);
        source.pipe(res, { end: false });
        await once(source, 'end');
      }
      res.end();
    },
    /3\\r\\none\\r\\n3\\r\\ntwo/,
  ],
  'pipeline with a callback': [
    (res, page) => {
      const source = Readable.from(['one', 'two']);
      source.on('close', () => page.note('source closes'));
      pipeline(source, res, page.called('pipeline'));
    },
    /pipeline is called: with nothing/,
  ],
  'pipeline as a promise, of a generator': [
    async (res, page) => {
      await piped(async function* () {
        yield 'one';
        yield 'two';
      }, res);
      page.note('piped');
    },
    /piped/,
  ],
  'a web stream': [(res) => Readable.fromWeb(new Blob(['one']).stream() as never).pipe(res) && undefined, /3\\r\\none/],
  'a duplex in between': [
    (res) =>
      void Readable.from(['one', 'two'])
        .pipe(new PassThrough({ highWaterMark: 1 }))
        .pipe(res),
    /one.*two/,
  ],
  'a large pipe': [
    (res) => void Readable.from(Array.from({ length: 60 }, () => Buffer.alloc(30_000, 'x'))).pipe(res),
    /drain/,
  ],
  'an event stream': [
    async (res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      res.flushHeaders();
      for (let id = 1; id <= 3; id++) {
        res.write(`id: ${id}\ndata: hello\n\n`);
        await new Promise(setImmediate);
      }
      res.end();
    },
    /id: 3/,
  ],
  'a timeout of its own': [
    async (res, page) => {
      page.note('itself', res.setTimeout(20, () => page.note('timed out')) === res);
      await once(res, 'timeout');
      res.end('late');
    },
    /timed out/,
  ],
  'listeners that end it': [
    (res, page) => {
      for (const event of ['prefinish', 'finish', 'close']) res.on(event, () => page.note(`${event}, too`, state(res)));
      res.end('x');
    },
    /prefinish.*prefinish, too.*finish.*close, too/,
  ],
  'an own write on top': [
    (res) => {
      const write = res.write.bind(res);
      loosely(res).write = (chunk: string, ...args: never[]) => write(chunk.toUpperCase(), ...args);
      res.write('abc');
      res.end();
    },
    /ABC/,
  ],
};

describe.each(rawHosts)('$name writes the same bodies with and without a breaker', (host) => {
  it.each(Object.entries(bodies))('%s', async (_, [write, shows]) => {
    await host.compare((_req, res, page) => write(res, page), { client: raw(last('GET /a')), shows });
  });
});

describe.each(rawHosts.filter(({ name }) => /3/.test(name)))('$name writes the same bodies', (host) => {
  it.each(Object.entries(bodies))('for HEAD, %s', async (_, [write]) => {
    await host.compare((_req, res, page) => write(res, page), { client: raw(last('HEAD /a')), shows: /HTTP\/1\.1 \d/ });
  });
});
