import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect, createServer as createServer2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptEvents, CapturedAnswer, Ending } from '@brownout/core';
import { afterEach, describe, expect, it } from 'vitest';
import { Gate } from './gate.ts';

const ours = { status: 503, headers: { 'content-type': 'text/plain' }, body: 'ours' };

/** Holds any 5xx, and answers in its place at once. */
class Policy implements AttemptEvents {
  gate!: Gate;
  capturing = false;
  watchesFlow = false;
  mends = false;
  asked: number[] = [];
  told: string[] = [];
  captured: CapturedAnswer | undefined;
  headers: Readonly<Record<string, string | string[]>> | undefined;

  accepts(status: number): boolean {
    this.asked.push(status);
    if (status < 500) return true;
    this.gate.reply(ours);
    return false;
  }
  captures(_status: number, headers: Readonly<Record<string, string | string[]>>): number {
    this.headers = headers;
    return 100;
  }
  began(status: number): void {
    this.told.push(`began ${status}`);
  }
  flowed(): void {}
  passed(): void {}
  given(): void {}
  taken(): void {}
  replaced(): void {}
  ended(ending: Ending, status: number, captured?: CapturedAnswer): void {
    this.told.push(`${ending} ${status}`);
    this.captured = captured;
  }
  threw(): boolean {
    return false;
  }
  broke(): boolean {
    if (this.gate.flowing) {
      this.told.push('broken');
      this.gate.cut(undefined);
    } else this.gate.reply(ours);
    return true;
  }
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Handler = (res: ServerResponse, policy: Policy, req: IncomingMessage) => unknown;
interface Answer {
  readonly status: number;
  readonly message: string;
  readonly headers: IncomingMessage['headers'];
  readonly raw: readonly string[];
  readonly body: string;
  readonly whole: boolean;
  readonly policy: Policy;
}

async function ask(
  handler: Handler,
  before: (res: ServerResponse) => void = () => {},
  method = 'GET',
  leaves = false,
): Promise<Answer> {
  const policy = new Policy();
  server = createServer((req, res) => {
    before(res);
    policy.gate = new Gate(res, policy);
    void handler(res, policy, req);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ port, method, host: '127.0.0.1' }, (response) => {
      const chunks: Buffer[] = [];
      const settle = () =>
        resolve({
          status: response.statusCode!,
          message: response.statusMessage!,
          headers: response.headers,
          raw: response.rawHeaders,
          body: Buffer.concat(chunks).toString(),
          whole: response.complete,
          policy,
        });
      response.on('data', (chunk) => {
        chunks.push(chunk);
        if (leaves) response.destroy();
      });
      response.on('error', () => {});
      response.on('close', settle);
    })
      .on('error', reject)
      .end(method === 'POST' ? 'body' : undefined);
  });
}

describe('Gate', () => {
  it('lets an accepted answer through as it is, and tells of it once', async () => {
    const { status, message, headers, body, policy } = await ask((res) => {
      res.writeHead(201, 'Made', ['X-A', '1', 'X-A', '2']);
      res.write('a');
      res.write(Buffer.from('b'));
      res.end('c');
    });
    expect([status, message, headers['x-a'], body]).toEqual([201, 'Made', '1, 2', 'abc']);
    expect(policy.told).toEqual(['began 201', 'whole 201']);
  });

  it('keeps return values, callbacks and exceptions', async () => {
    const seen: unknown[] = [];
    await ask((res) => {
      expect(res.writeHead(200)).toBe(res);
      expect(res.write('a', () => seen.push('written'))).toBe(true);
      expect(() => res.setHeader('x', '1')).toThrow(/ERR_HTTP_HEADERS_SENT|after they are sent/);
      expect(() => res.write(null as never)).toThrow(TypeError);
      expect(res.end('b', () => seen.push('ended'))).toBe(res);
      expect(res.writableEnded).toBe(true);
    });
    expect(seen).toEqual(['written', 'ended']);
  });

  it.each<[string, Handler]>([
    ['writeHead', (res) => res.writeHead(500, { 'x-own': '1' }).end('theirs')],
    ['a status and end', (res) => Object.assign(res, { statusCode: 500 }).setHeader('x-own', '1').end('theirs')],
    ['a status and write', (res) => Object.assign(res, { statusCode: 502, statusMessage: 'Oh' }).write('theirs')],
    ['a status and flushHeaders', (res) => Object.assign(res, { statusCode: 502 }).flushHeaders()],
    ['destroy', (res) => res.destroy(new Error('gave up'))],
    ['a pipe', (res) => Readable.from(['theirs']).pipe(Object.assign(res, { statusCode: 500 }))],
  ])('answers in place of a failure that begins with %s', async (_, handler) => {
    const { status, message, headers, body, whole } = await ask(handler, (res) => {
      res.setHeader('X-Before', 'kept');
      res.setHeader('Set-Cookie', ['a=1']);
    });
    expect([status, message, body, whole]).toEqual([503, 'Service Unavailable', 'ours', true]);
    expect(headers).toMatchObject({ 'x-before': 'kept', 'set-cookie': ['a=1'], 'content-length': '4' });
    expect(headers['x-own']).toBeUndefined();
  });

  it('gives earlier headers back as they were: their case, their arrays, what was removed', async () => {
    const { raw } = await ask(
      (res) => {
        res.removeHeader('X-Removed');
        res.appendHeader('Set-Cookie', 'b=2');
        res.setHeader('x-case', 'theirs');
        res.statusCode = 500;
        res.end();
      },
      (res) => {
        res.setHeader('X-Removed', 'back');
        res.setHeader('Set-Cookie', ['a=1']);
        res.setHeader('X-Case', 'before');
      },
    );
    const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [`${name.toLowerCase()}: ${raw[at + 1]}`] : []));
    expect(pairs).toEqual(expect.arrayContaining(['x-removed: back', 'set-cookie: a=1', 'x-case: before']));
    expect(pairs).not.toContain('set-cookie: b=2');
  });

  it('frames its answer whatever the handler had declared', async () => {
    const { body, headers, whole } = await ask((res, policy) => {
      res.setHeader('Content-Length', 1_000);
      res.setHeader('Transfer-Encoding', 'chunked');
      res.writeHead(200);
      policy.gate.reply(ours);
    });
    expect([body, headers['content-length'], headers['transfer-encoding'], whole]).toEqual([
      'ours',
      '4',
      undefined,
      true,
    ]);
  });

  it('makes everything that comes after a takeover harmless', async () => {
    const thrown: unknown[] = [];
    const called: string[] = [];
    let status: number | undefined;
    const { body } = await ask(async (res, policy, req) => {
      policy.gate.reply(ours);
      await sleep(20);
      const late: (() => unknown)[] = [
        () => res.writeHead(200, { late: '1' }),
        () => (res as unknown as { writeHeader: (status: number) => void }).writeHeader(200),
        () => res.setHeader('late', '1'),
        () => res.appendHeader('late', '1'),
        () => res.removeHeader('content-type'),
        () => res.write('late', () => called.push('write')),
        () => res.end('late', () => called.push('end')),
        () => res.end(),
        () => res.flushHeaders(),
        () => res.writeContinue(),
        () => res.writeEarlyHints({ link: '</a.css>; rel=preload' }),
        () => res.writeProcessing(),
        () => res.addTrailers({ late: '1' }),
        () => Object.assign(res, { statusCode: 200 }),
        () => req.socket.destroy(),
        () => req.socket.destroySoon(),
        () => req.socket.resetAndDestroy(),
        () => res.destroy(),
      ];
      for (const call of late) {
        try {
          call();
        } catch (error) {
          thrown.push(error);
        }
      }
      status = res.statusCode;
      await sleep(5);
    });
    await sleep(40);
    expect(body).toBe('ours');
    expect(thrown).toEqual([]);
    expect(called).toEqual(['write', 'end']);
    expect(status).toBe(503);
  });

  it('releases what is piped into a response that it has answered, before and after', async () => {
    const early = new PassThrough();
    const late = new PassThrough();
    await ask(async (res, policy) => {
      early.pipe(res);
      policy.gate.reply(ours);
      await sleep(5);
      late.pipe(res);
    });
    await expect.poll(() => [early.destroyed, late.destroyed]).toEqual([true, true]);
  });

  it('captures a body while it flows, with the headers that the handler set', async () => {
    const { policy } = await ask(
      async (res, own) => {
        own.capturing = true;
        res.setHeader('Content-Type', 'text/plain');
        res.write('first ');
        await sleep(5);
        res.end(Buffer.from('second'));
      },
      (res) => res.setHeader('X-Before', 'kept'),
    );
    expect(policy.captured).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain' } });
    expect(Buffer.from(policy.captured!.body).toString()).toBe('first second');
  });

  it.each([
    ['an object', [200, { 'X-A': '1', 'X-B': ['2', '3'] }], { 'x-a': '1', 'x-b': ['2', '3'] }],
    ['a flat array', [200, ['X-A', '1', 'X-B', '2', 'X-B', '3']], { 'x-a': '1', 'x-b': ['2', '3'] }],
    ['pairs', [200, 'Fine', [['X-A', '1']]], { 'x-a': '1' }],
  ])('sees the headers that writeHead is given as %s', async (_, args, headers) => {
    const { policy } = await ask((res, own) => {
      own.capturing = true;
      (res.writeHead as (...given: unknown[]) => ServerResponse)(...args).end('x');
    });
    expect(policy.headers).toEqual(headers);
  });

  it('captures nothing of a body over the limit', async () => {
    const { policy, body } = await ask((res, own) => {
      own.capturing = true;
      res.write('x'.repeat(90));
      res.end('x'.repeat(20));
    });
    expect(body.length).toBe(110);
    expect(policy.told).toEqual(['began 200', 'whole 200']);
    expect(policy.captured).toBeUndefined();
  });

  it('tells a broken answer from one whose client left', async () => {
    const broken = await ask(async (res) => {
      res.write('first');
      await sleep(10);
      res.destroy();
    });
    expect(broken.whole).toBe(false);
    expect(broken.policy.told).toEqual(['began 200', 'broken']);
    const left = await ask(
      async (res) => {
        res.write('first');
        await new Promise(() => {});
      },
      undefined,
      'GET',
      true,
    );
    await expect.poll(() => left.policy.told).toEqual(['began 200', 'deserted 200']);
  });

  it('cuts a flowing answer after its last words, or so that it is seen to be broken', async () => {
    const said = await ask(async (res, policy) => {
      res.write('first');
      await sleep(5);
      policy.gate.cut('last');
      res.write('late');
    });
    expect([said.body, said.whole]).toEqual(['firstlast', true]);
    const broken = await ask(async (res, policy) => {
      res.write('first');
      await sleep(5);
      policy.gate.cut(undefined);
    });
    expect(broken.whole).toBe(false);
  });

  it('breaks an answer off that is cut where what the handler has corked cannot be sent', async () => {
    const { whole, body } = await ask(async (res, policy) => {
      res.write('first');
      await sleep(5);
      res.cork();
      res.write('more', 'none' as never);
      policy.gate.cut('last');
    });
    expect([whole, body.includes('last')]).toEqual([false, false]);
  });

  it('takes an answer for whole whose client leaves at the last byte that was promised', async () => {
    const leaving = (length: number) =>
      ask(
        (res, policy) => {
          policy.capturing = true;
          res.setHeader('Content-Length', length);
          res.write('whole');
          res.once('close', () => res.end());
        },
        undefined,
        'GET',
        true,
      );
    const { policy } = await leaving(5);
    await expect.poll(() => policy.told).toEqual(['began 200', 'whole 200']);
    expect(Buffer.from(policy.captured!.body).toString()).toBe('whole');
    await new Promise((resolve) => server!.close(resolve));
    const left = (await leaving(6)).policy;
    await expect.poll(() => left.told).toEqual(['began 200', 'deserted 200']);
  });

  it('returns on HTTP/2 what a response returns there', async () => {
    const returned: unknown[] = [];
    const h2 = createServer2((_req, res) => {
      const policy = new Policy();
      policy.broke = () => false;
      policy.gate = new Gate(res as never, policy);
      returned.push(res.writeHead(200) === res, res.write('x'), res.destroy());
    });
    await new Promise<void>((resolve) => h2.listen(0, '127.0.0.1', resolve));
    const session = connect(`http://127.0.0.1:${(h2.address() as AddressInfo).port}`);
    await new Promise((resolve) => session.request().on('error', resolve).on('close', resolve).resume());
    session.close();
    h2.close();
    expect(returned).toEqual([true, true, undefined]);
  });

  it('takes a body in chunks for whole, whatever length its head names besides (RFC 9112 §6.3)', async () => {
    let told: readonly string[] = [];
    const strict = ask((res, policy) => {
      told = policy.told;
      res.writeHead(200, { 'Content-Length': 10, 'Transfer-Encoding': 'chunked' }).end('abc');
    });
    await expect(strict).rejects.toThrow('Parse Error'); // others take the chunks
    expect(told).toEqual(['began 200', 'whole 200']);
  });

  it('holds an answer to no length that Node has computed and not sent', async () => {
    const { policy, whole } = await ask((res) => {
      res.useChunkedEncodingByDefault = false; // as for HTTP/1.0
      res.statusCode = 0;
      expect(() => res.end('abc')).toThrow(RangeError);
      res.writeHead(200).end();
    });
    expect([policy.told, whole]).toEqual([['began 200', 'whole 200'], true]);
  });

  it('takes over from a call that threw only when its head is not out', async () => {
    const seen: boolean[] = [];
    const answerAfter = (call: (res: ServerResponse) => void) =>
      ask((res, policy) => {
        expect(() => call(res)).toThrow();
        seen.push(policy.gate.takesOver);
        if (policy.gate.takesOver) policy.gate.reply(ours);
        else policy.gate.cut(undefined);
      });
    const out = answerAfter((res) => (res.write as (...given: unknown[]) => boolean)('abc', 'no coding'));
    await expect(out).rejects.toThrow();
    const unsent = await answerAfter((res) => {
      res.strictContentLength = true;
      res.writeHead(200, { 'Content-Length': 5 }).end();
    });
    expect([unsent.body, unsent.whole, seen]).toEqual(['ours', true, [false, true]]);
  });

  it('sends a HEAD the headers alone', async () => {
    const { body, headers } = await ask((_, policy) => policy.gate.reply(ours), undefined, 'HEAD');
    expect([body, headers['content-length']]).toEqual(['', '4']);
  });

  it('leaves a status that Node refuses to Node, whatever it is and whenever it comes', async () => {
    const thrown: unknown[] = [];
    const { status, policy } = await ask((res) => {
      const attempt = (call: () => unknown) => {
        try {
          call();
        } catch (error) {
          thrown.push((error as NodeJS.ErrnoException).code ?? (error as Error).name);
        }
      };
      attempt(() => res.writeHead(Symbol('none') as never));
      res.statusCode = Symbol('none') as never;
      attempt(() => res.write(null));
      res.statusCode = 200;
      res.writeHead(201);
      attempt(() => res.writeHead(Symbol('none') as never));
      res.end();
    });
    expect(thrown).toEqual(['TypeError', 'ERR_STREAM_NULL_VALUES', 'ERR_HTTP_HEADERS_SENT']);
    expect([status, policy.asked]).toEqual([201, [201]]);
  });

  it('goes by the status that the head was made with, not by one that is set later', async () => {
    const { status, policy } = await ask((res, own) => {
      own.capturing = true;
      res.writeHead(201);
      res.statusCode = 500;
      res.write('made');
      res.statusCode = 404;
      res.end();
    });
    expect(status).toBe(201);
    expect(policy.told).toEqual(['began 201', 'whole 201']);
    expect(policy.captured?.status).toBe(201);
  });

  it('takes no headers of a head that Node has refused', async () => {
    const thrown: string[] = [];
    const { policy } = await ask((res, own) => {
      own.capturing = true;
      const writeHead = res.writeHead as (...given: unknown[]) => ServerResponse;
      for (const refused of [
        [200, [['X-A', 'refused'], null]],
        [200, { 'X-A': 'refused', 'bad name': '1' }],
      ]) {
        try {
          writeHead.apply(res, refused);
        } catch (error) {
          thrown.push((error as Error).message);
        }
      }
      writeHead.call(res, 200, 7, { 'X-A': 'taken' }).end('x');
    });
    expect(thrown).toEqual([expect.stringContaining("reading '0'"), expect.stringContaining('bad name')]);
    expect(policy.headers).toEqual({ 'x-a': 'taken' });
    expect(policy.captured).toMatchObject({ status: 200, headers: { 'x-a': 'taken' } });
  });

  it('takes nothing for an answer that is said to a response that is destroyed', async () => {
    const { whole, policy } = await ask(async (res, own) => {
      own.capturing = true;
      res.write('first');
      await sleep(10);
      own.broke = () => false;
      res.destroy();
      res.write('late');
      res.end();
    });
    expect(whole).toBe(false);
    await expect.poll(() => policy.told).toEqual(['began 200', 'broken 200']);
  });

  it('captures nothing of a body that a write has failed in, and throws where Node throws alone', async () => {
    const write = (res: ServerResponse) => (res.write as (...given: unknown[]) => boolean)('abc', 'no coding');
    const thrown: unknown[] = [];
    const failed = await ask((res, own) => {
      own.capturing = true;
      res.setHeader('Content-Length', 3);
      try {
        write(res);
      } catch (error) {
        thrown.push((error as NodeJS.ErrnoException).code);
      }
      res.end('abc');
    });
    const headOnly = await ask(
      (res, own) => {
        own.capturing = true;
        write(res);
        res.end();
      },
      undefined,
      'HEAD',
    );
    expect(thrown).toEqual(['ERR_UNKNOWN_ENCODING']);
    expect(failed.policy.captured).toBeUndefined();
    expect(headOnly.policy).toMatchObject({ told: ['began 200', 'whole 200'], captured: undefined });
  });
});

describe('Gate, on a request that is being read', () => {
  it.each([
    ['keeps', 'GET', 'keep-alive'],
    ['ends', 'POST', 'close'],
  ])('%s the connection of a %s that somebody has begun to read', async (_, method, connection) => {
    const { raw, body } = await ask(
      (res, policy) => {
        res.req.resume().pause();
        policy.gate.reply(ours);
      },
      undefined,
      method,
    );
    expect([raw[raw.indexOf('Connection') + 1], body]).toEqual([connection, 'ours']);
  });
});

describe.each(['GET', 'HEAD'])('Gate, asked with %s', (method) => {
  it.each<[string, Handler]>([
    ['a head without a body that Node refused half-way', (res) => res.writeHead(204, ['odd'])],
    [
      'a head with a bad header after its framing',
      (res) => res.writeHead(200, ['Transfer-Encoding', 'chunked', 'X-A', '\n']),
    ],
    ['a head that ends the connection', (res) => res.writeHead(200, { Connection: 'close' })],
    ['a header that ends the connection', (res) => res.setHeader('Connection', 'close')],
    ['a removed Connection', (res) => res.removeHeader('Connection')],
    ['a removed Date', (res) => res.removeHeader('Date')],
    ['a wish to end the connection', (res) => Object.assign(res, { shouldKeepAlive: false })],
    [
      'a write that Node refused, under a strict length',
      (res) => Object.assign(res, { strictContentLength: true, statusMessage: '\n' }).write('abc'),
    ],
    ['a body declared by hand', (res) => Object.assign(res, { chunkedEncoding: true, strictContentLength: true })],
  ])('frames its answer alike, and keeps the connection, after %s', async (_, handler) => {
    const { raw, body, whole } = await ask(
      (res, policy) => {
        try {
          handler(res, policy, res.req);
        } catch {}
        policy.gate.reply(ours);
      },
      undefined,
      method,
    );
    expect(raw.filter((_name, at) => at % 2 === 0)).toEqual([
      'content-type',
      'Content-Length',
      'Date',
      'Connection',
      'Keep-Alive',
    ]);
    expect([raw[3], raw[7], body, whole]).toEqual(['4', 'keep-alive', method === 'GET' ? 'ours' : '', true]);
  });
});
