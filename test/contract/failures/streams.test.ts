import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBrownout } from '@brownout/core';
import { breaker } from '@brownout/koa';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { type Call, type Handler, hosts } from '../hosts.ts';
import { eventsOf } from './event-stream.ts';
import { observe } from './observe.ts';

const raw = ({ ctx, res }: Call, type: string) => {
  if (ctx !== undefined) ctx.respond = false;
  res.statusCode = 200;
  res.setHeader('Content-Type', type);
  return res;
};

/** A handler that writes what it is given, piece by piece, and is then silent. */
const writing =
  (type: string, ...pieces: readonly (string | Uint8Array)[]): Handler =>
  async (call) => {
    const res = raw(call, type);
    res.flushHeaders();
    for (const piece of pieces) {
      await sleep(2);
      res.write(piece);
    }
    call.brownout.degrade('failure');
  };

describe.each(hosts)('$name, a stream that is cut', (host) => {
  const cut = async (type: string, ...pieces: readonly (string | Uint8Array)[]) =>
    (await observe(host, 'app-wide', { handler: writing(type, ...pieces) })).body;
  const ours = { event: 'brownout', data: expect.stringMatching(/^\{"metadata":\{"from_fallback":true,/) };
  const partial = (data: string) => ({ event: 'brownout-partial', data });
  const message = (data: string) => ({ event: 'message', data });

  it.each<[string, (string | Uint8Array)[], object[]]>([
    ['before any event', [], []],
    ['after an event', ['data: one\n\n'], [message('one')]],
    ['after an event in pieces', ['data: one', '\n', '\n'], [message('one')]],
    ['after an event with other ends of lines', ['data: one\r\n', '\r\n'], [message('one')]],
    ['after bytes', [Buffer.from('data: é\n\n')], [message('é')]],
    ['in the middle of a line', ['data: one\n\ndata: {"half'], [message('one'), partial('{"half')]],
    ['in the middle of bytes', [Buffer.from('data: one\n\ndata: é')], [message('one'), partial('é')]],
    ['between the lines of an event', ['event: delta\ndata: one\n'], [partial('one')]],
    ['between lines that end otherwise', ['data: one\r\n'], [partial('one')]],
    ['in the middle of a field', ['data: one\n\neve'], [message('one')]],
  ])(
    '%s is ended by an event of its own, and what is half written is not taken for whole',
    async (_, pieces, events) => {
      const body = await cut('text/event-stream; charset=utf-8', ...pieces);
      expect(eventsOf(body)).toEqual([...events, ours]);
      expect(body).not.toContain('[DONE]');
      expect(body.startsWith(pieces.map(String).join(''))).toBe(true);
    },
  );

  it('after an event shows nothing but the event that says so', async () => {
    expect(await cut('text/event-stream', 'data: one\n\n')).toMatch(/^data: one\n\nevent: brownout\ndata: \{.*\}\n\n$/);
  });

  it.each<[string, string[]]>([
    ['before any line', []],
    ['after a line', ['{"a":1}\n']],
    ['in the middle of a line', ['{"a":1}\n{"b":']],
  ])('of NDJSON is ended by a line of its own (%s)', async (_, pieces) => {
    const lines = (await cut('application/x-ndjson', ...pieces)).split('\n');
    expect(lines.pop()).toBe('');
    expect(JSON.parse(lines.pop()!)).toMatchObject({ metadata: { from_fallback: true, fallback_reason: 'failure' } });
    expect(lines.join('\n')).toBe(pieces.join('').replace(/\n$/, ''));
  });

  it.each(['HTTP/1.0', 'HTTP/1.1'])(
    'without a place for last words is seen to be broken by a client of %s',
    async (version) => {
      const server = host.create({
        use: { brownout: createBrownout(), stream: { idleMs: 40 } },
        routes: {
          'GET /a': (call) => {
            raw(call, 'text/plain').write('one');
            return new Promise(() => {});
          },
        },
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      const end = Promise.withResolvers<string>();
      socket
        .on('error', (error: NodeJS.ErrnoException) => end.resolve(error.code!))
        .on('end', () => end.resolve('end'));
      socket.write(`GET /a ${version}\r\nHost: x\r\n\r\n`);
      try {
        // chunks are seen to be cut; what only the end of a connection ends, only by a reset
        expect(await end.promise).toBe(version === 'HTTP/1.1' ? 'end' : 'ECONNRESET');
        expect(text).toContain('one');
        expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      } finally {
        socket.destroy();
        server.closeAllConnections();
        server.close();
      }
    },
  );
});

describe('Koa over HTTP/2', () => {
  const ask = async (type: string, fail: (ctx: Koa.Context) => unknown) => {
    const brownout = createBrownout();
    const reported: string[] = [];
    const app = new Koa();
    app.on('error', (error: Error) => reported.push(error.message));
    app.use(breaker({ brownout, circuit: 'a', stream: { idleMs: 40 } }));
    app.use(async (ctx) => {
      ctx.respond = false;
      ctx.res.writeHead(200, { 'content-type': type });
      ctx.res.write('data: one\n\n');
      await sleep(5);
      await fail(ctx);
    });
    const server: Http2Server = createHttp2Server(app.callback() as never);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const stream = session.request({ ':path': '/' });
      let body = '';
      stream.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      const ending = await new Promise((resolve) => {
        stream.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)).on('close', () => resolve('whole'));
      });
      await expect.poll(() => brownout.circuit('a').metrics().calls).toMatchObject({ failure: 1 });
      return { body, ending, reported };
    } finally {
      session.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  const fails: Record<string, (ctx: Koa.Context) => unknown> = {
    'is silent': () => new Promise(() => {}),
    throws: () => {
      throw new Error('upstream is down');
    },
    'destroys its response': ({ res }) => res.destroy(new Error('upstream is down')),
  };
  const causes: Record<string, string> = {
    'is silent': 'The circuit `a` saw an answer fall silent for 40 ms (`stream.idleMs`)',
    throws: 'upstream is down',
    'destroys its response': 'upstream is down',
  };

  it.each(Object.entries(fails))('breaks a stream whose handler %s', async (name, fail) => {
    const { ending, reported } = await ask('text/plain', fail);
    expect(ending).toBe('ERR_HTTP2_STREAM_ERROR');
    // Node tells Koa of the stream that is closed so, too
    expect(reported.filter((message) => !message.startsWith('Stream closed'))).toEqual([causes[name]]);
  });

  it.each(Object.entries(fails))(
    'ends a stream of events whose handler %s with one that says so',
    async (name, fail) => {
      const { body, ending, reported } = await ask('text/event-stream', fail);
      expect([ending, eventsOf(body).map(({ event }) => event)]).toEqual(['whole', ['message', 'brownout']]);
      expect(reported).toEqual([causes[name]]);
    },
  );
});
