import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { PassThrough, pipeline, Readable } from 'node:stream';
import * as streams from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { type Call, type Handler, hosts } from '../hosts.ts';
import { listen } from '../servers.ts';
import { observe, styles } from './observe.ts';

const cut = new Error('upstream is cut');

/** A source that gives what there is of it, and dies. */
function dying(...chunks: string[]): Readable {
  const source = new PassThrough();
  for (const chunk of chunks) source.write(chunk);
  setTimeout(() => source.destroy(cut), 10);
  return source;
}

const raw = ({ ctx, res }: Call, type: string) => {
  if (ctx !== undefined) ctx.respond = false;
  res.statusCode = 200;
  res.setHeader('Content-Type', type);
};

describe.each(hosts)('$name shows the application', (host) => {
  const isExpress = host.family === 'express';

  describe.each(['text/plain', 'text/event-stream'])('once, in an answer of %s', (type) => {
    const forms: Record<string, Handler> = {
      'what is thrown after the first byte': (call) => {
        raw(call, type);
        call.res.write('data: one\n\n');
        throw cut;
      },
      'a source that dies in a pipeline, and is handed on by its callback': async (call) => {
        raw(call, type);
        await streams.pipeline(dying('data: one\n\n'), call.res);
      },
      'a source that dies before it has given anything': async (call) => {
        raw(call, type);
        await streams.pipeline(dying(), call.res);
      },
      'a body that Koa pipes': ({ ctx, res }) => {
        if (ctx === undefined) {
          res.setHeader('Content-Type', type);
          return streams.pipeline(dying('data: one\n\n'), res);
        }
        ctx.type = type;
        ctx.body = dying('data: one\n\n');
        return undefined;
      },
    };
    it.each(Object.entries(forms))('%s', async (_, handler) => {
      // Express 4 sees no rejection, unless the handler is guarded
      const seeing = styles.filter((style) => host.name !== 'Express 4' || style === 'guarded');
      const seen = await Promise.all(seeing.map((style) => observe(host, style, { handler })));
      expect(seen.map(({ reported }) => reported)).toEqual(seeing.map(() => ['upstream is cut']));
    });

    it('a source that dies in a pipe that nobody watches, where the breaker alone has seen it', async () => {
      const handler: Handler = (call) => {
        raw(call, type);
        pipeline(dying('data: one\n\n'), call.res, () => {});
      };
      const seen = await Promise.all(styles.map((style) => observe(host, style, { handler })));
      expect(seen.map(({ reported }) => reported)).toEqual(
        styles.map((style) => (isExpress && style !== 'guarded' ? [] : ['upstream is cut'])),
      );
    });
  });

  describe.each(['idleMs', 'totalMs'] as const)('why an answer was ended by `stream.%s`, once', (limit) => {
    const said = {
      idleMs: 'The circuit `GET /a` saw an answer fall silent for 40 ms (`stream.idleMs`)',
      totalMs: 'The circuit `GET /a` saw an answer that was not whole after 40 ms (`stream.totalMs`)',
    };
    const begin = (call: Call) => {
      raw(call, 'text/event-stream');
      call.res.write('data: one\n\n');
    };
    const handlers: Record<string, Handler> = {
      'does not know': (call) => {
        begin(call);
        return new Promise(() => {});
      },
      'hears of it, and throws': (call) => {
        begin(call);
        const { signal } = call.brownout;
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    it.each(Object.entries(handlers))('whose handler %s', async (name, handler) => {
      // Express 4 sees no rejection, unless the handler is guarded
      const seeing = styles.filter(
        (style) => host.name !== 'Express 4' || style === 'guarded' || name === 'does not know',
      );
      const hangs = name === 'does not know';
      const seen = await Promise.all(
        seeing.map((style) => observe(host, style, { handler, hangs, options: { stream: { [limit]: 40 } } })),
      );
      expect(seen.map(({ reported }) => reported)).toEqual(seeing.map(() => [said[limit]]));
    });
  });

  describe.each(['text/plain', 'text/event-stream'])('why an answer of %s was ended, once', (type) => {
    const flows: Record<string, (call: Call, source: Readable) => unknown> = {
      'a body that the host pipes': ({ ctx, res }, source) => {
        if (ctx === undefined) source.pipe(res.setHeader('Content-Type', type));
        else {
          ctx.type = type;
          ctx.body = source;
        }
      },
      'a pipeline that is awaited': (call, source) => {
        raw(call, type);
        return streams.pipeline(source, call.res);
      },
      'a pipe whose errors the handler throws': (call, source) => {
        raw(call, type);
        source.pipe(call.res);
        return new Promise((_, reject) => source.on('error', reject));
      },
      'a pipe whose errors nobody hears': (call, source) => {
        raw(call, type);
        source.pipe(call.res);
      },
    };
    async function* tokens(silence: Promise<never>) {
      yield 'data: one\n\n';
      await silence;
    }
    const sources: Record<string, (call: Call) => Readable> = {
      'a stream': () => {
        const source = new PassThrough();
        source.write('data: one\n\n');
        return source;
      },
      'a generator that hears of it': ({ brownout: { signal } }) => {
        const silence = Promise.withResolvers<never>();
        signal.addEventListener('abort', () => silence.reject(signal.reason));
        return Readable.from(tokens(silence.promise));
      },
      'a generator that never does': () => Readable.from(tokens(new Promise(() => {}))),
    };
    const forms = Object.keys(flows).flatMap((flow) => Object.keys(sources).map((source) => [flow, source] as const));

    it.each(forms)('%s, from %s', async (flow, source) => {
      const handler: Handler = (call) => flows[flow]!(call, sources[source]!(call));
      const returns = /host pipes|nobody/.test(flow);
      const seeing = styles.filter((style) => host.name !== 'Express 4' || style === 'guarded' || returns);
      const seen = await Promise.all(
        seeing.map((style) => observe(host, style, { handler, hangs: true, options: { stream: { idleMs: 40 } } })),
      );
      const said = 'The circuit `GET /a` saw an answer fall silent for 40 ms (`stream.idleMs`)';
      expect(seen.map(({ reported }) => reported)).toEqual(seeing.map(() => [said]));
    });
  });

  it('the deadline, and no early end, where what it awaits or pipes was ended for that', async () => {
    const handler: Handler = ({ ctx, res }) => {
      if (ctx === undefined) return streams.pipeline(new PassThrough(), res);
      ctx.body = new PassThrough();
      return undefined;
    };
    const seeing = styles.filter((style) => host.name !== 'Express 4' || style === 'guarded');
    const seen = await Promise.all(
      seeing.map((style) => observe(host, style, { handler, options: { timeoutMs: 40 } })),
    );
    const said = ['The circuit `GET /a` saw no answer within 40 ms'];
    expect(seen.map(({ client, reported }) => [client, reported])).toEqual(seeing.map(() => ['503 timeout', said]));
  });

  it('why an answer was ended that it pipes from an upstream, and nothing by way of the request there', async () => {
    const upstream = createServer((_, res) => void res.write('one'));
    const url = await listen(upstream);
    const errors: unknown[] = [];
    const handler: Handler = async ({ ctx, res }) => {
      const asked = get(url).on('error', (error) => errors.push(error));
      const [source] = (await once(asked, 'response')) as [Readable];
      if (ctx === undefined) await streams.pipeline(source, res);
      else ctx.body = source;
    };
    try {
      const { reported } = await observe(host, 'guarded', { handler, options: { stream: { idleMs: 40 } } });
      expect(reported).toEqual(['The circuit `GET /a` saw an answer fall silent for 40 ms (`stream.idleMs`)']);
      expect(errors).toEqual([]);
    } finally {
      upstream.closeAllConnections();
      upstream.close();
    }
  });

  it.each([undefined, null, 0, '', 'text', 'route'])('an error when the handler throws `%j`', async (thrown) => {
    const handler: Handler = () => {
      throw thrown;
    };
    const { client, counted, reported } = await observe(host, 'guarded', { handler });
    expect([client, counted]).toEqual(['503 failure', 'failure']);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toContain(String(isExpress ? thrown : (JSON.stringify(thrown) ?? thrown)));
  });

  it('what is thrown and handed to `next` by the same handler once', async () => {
    const handler: Handler = ({ next }) => {
      if (isExpress) next(cut);
      throw cut;
    };
    expect((await observe(host, 'guarded', { handler })).reported).toEqual(['upstream is cut']);
  });
});
