import { createServer, type Server, type ServerResponse } from 'node:http';
import { cachedAnswer, createBrownout, failover, flowing, type Provider } from '@brownout/core';
import { describe, expect, it, vi } from 'vitest';
import { type Call, type Host, hosts } from './hosts.ts';
import { useServers } from './servers.ts';

const serve = useServers();

type How = 'whole' | 'cut';
const ways = hosts.flatMap((host) => (['breaker', 'guarded'] as const).map((by) => ({ host, by, name: host.name })));

/** An upstream that begins to answer, and ends as it is told; and a provider that asks it. */
async function upstream(name: string, how: () => How) {
  const asked: ServerResponse[] = [];
  const server: Server = createServer((_req, res) => {
    asked.push(res);
    res.write(`data: ${name}\n\n`, () => {
      if (how() === 'whole') res.end('data: [DONE]\n\n');
      else setTimeout(() => res.destroy(), 5);
    });
  });
  const url = await serve(server);
  const run: Provider<string, ReadableStream<Uint8Array>>['run'] = async (_, { signal }) =>
    flowing((await fetch(url, { signal })).body!);
  return { asked, provider: { name, run } };
}

describe.each(ways)(
  'A route that passes on the stream of a provider, $name, $by',
  ({ host, by }: { host: Host; by: 'breaker' | 'guarded' }) => {
    async function start(how: (name: string) => How, type = 'text/event-stream', swallow = false) {
      const brownout = createBrownout({ failureThreshold: 2, resetTimeoutMs: 60_000, jitter: 0 });
      const upstreams = await Promise.all(['a', 'b', 'c'].map((name) => upstream(name, () => how(name))));
      const ask = failover(
        upstreams.map(({ provider }) => provider),
        { brownout, timeoutMs: 10_000 },
      );
      const onError = vi.fn();
      const handler = async ({ brownout: handle, ctx, res }: Call) => {
        const { value, provider } = await handle.run(ask, 'why');
        if (ctx !== undefined) ctx.respond = false;
        res.writeHead(200, { 'content-type': type, 'x-provider': provider });
        try {
          for await (const part of value as unknown as AsyncIterable<Uint8Array>) res.write(part);
        } catch (error) {
          if (!swallow) throw error;
        }
        res.end();
      };
      const options = { brownout, circuit: 'route', fallback: [cachedAnswer({ key: () => 'why' })] };
      const url = await serve(host.create({ onError, routes: { 'POST /ask': { [by]: options, handler } } }));
      const post = async () => {
        const response = await fetch(`${url}/ask`, {
          method: 'POST',
          body: '{}',
          headers: { 'content-type': 'application/json' },
        });
        const text = await response.text().catch(() => 'broken');
        return { provider: response.headers.get('x-provider'), text };
      };
      const calls = (name: string) => {
        const { success, failure, ignored } = brownout.circuit(name).metrics().calls;
        return { success, failure, ignored };
      };
      return { post, brownout, calls, upstreams, onError };
    }

    it.each(['text/event-stream', 'text/plain'])(
      'has each break counted once, by the provider’s circuit, and moves on to the next (%s)',
      async (type) => {
        const { post, brownout, calls, upstreams, onError } = await start(
          (name) => (name === 'c' ? 'whole' : 'cut'),
          type,
        );
        const answers = [];
        for (let n = 0; n < 5; n++) answers.push(await post());
        expect(answers.map(({ provider }) => provider)).toEqual(['a', 'a', 'b', 'b', 'c']);
        for (const { text } of answers.slice(0, 4))
          expect(text).toMatch(
            type === 'text/plain' ? /^broken$/ : /^data: [ab]\n\nevent: brownout\ndata: .*"fallback_reason":"failure"/,
          );
        expect(answers[4]!.text).toBe('data: c\n\ndata: [DONE]\n\n');
        // nobody was asked twice for one answer
        expect(upstreams.map(({ asked }) => asked.length)).toEqual([2, 2, 1]);
        expect(['a', 'b', 'c'].map((name) => brownout.circuit(name).state)).toEqual(['open', 'open', 'closed']);
        expect(['a', 'b', 'c', 'route'].map(calls)).toEqual([
          { success: 0, failure: 2, ignored: 0 },
          { success: 0, failure: 2, ignored: 0 },
          { success: 1, failure: 0, ignored: 0 },
          { success: 1, failure: 0, ignored: 4 },
        ]);
        expect(brownout.circuit('route').inFlight).toBe(0);
        expect(onError.mock.calls.map(([error]) => (error as Error).message)).toEqual(Array(4).fill('terminated'));
      },
    );

    it('does not keep an answer whose stream has broken, though its handler has ended it', async () => {
      let how: How = 'whole';
      const { post, brownout } = await start(() => how, 'text/plain', true);
      expect((await post()).text).toContain('[DONE]');
      how = 'cut';
      expect((await post()).text).toBe('data: a\n\n');
      brownout.circuit('route').forceOpen();
      expect((await post()).text).toBe('data: a\n\ndata: [DONE]\n\n');
    });

    it('does not keep it either where another call, which went on beside the stream, succeeds after the break', async () => {
      const brownout = createBrownout();
      let isCut = false;
      const parts = async function* () {
        yield 'one ';
        if (isCut) throw new Error('cut');
        yield 'two';
      };
      const handler = async ({ brownout: handle, ctx, res }: Call) => {
        let checked!: () => void;
        const check = handle.run(brownout.circuit('check'), () => new Promise<void>((resolve) => (checked = resolve)));
        const stream = await handle.run(brownout.circuit('model'), () => flowing(parts()));
        if (ctx !== undefined) ctx.respond = false;
        res.writeHead(200, { 'content-type': 'text/plain' });
        try {
          for await (const part of stream) res.write(part);
        } catch {
          // the handler takes what has come for enough
        }
        checked();
        await check;
        res.end();
      };
      const options = { brownout, circuit: 'route', fallback: [cachedAnswer({ key: () => 'why' })] };
      const url = await serve(host.create({ routes: { 'POST /ask': { [by]: options, handler } } }));
      const post = async () => (await fetch(`${url}/ask`, { method: 'POST' })).text();
      expect(await post()).toBe('one two');
      isCut = true;
      expect(await post()).toBe('one ');
      brownout.circuit('route').forceOpen();
      expect(await post()).toBe('one two');
    });

    it('hangs up on the provider when its client leaves, and counts nothing', async () => {
      const { brownout, calls } = await start(() => 'whole');
      const client = new AbortController();
      let begun!: (res: ServerResponse) => void;
      const begins = new Promise<ServerResponse>((resolve) => {
        begun = resolve;
      });
      const stalling = createServer((_req, res) => {
        res.write('data: one\n\n');
        begun(res);
      });
      const stallingUrl = await serve(stalling);
      const model = brownout.circuit('model', { timeoutMs: 10_000 });
      const url = await serve(
        host.create({
          routes: {
            'GET /a': {
              [by]: { brownout, circuit: 'route' },
              handler: async ({ brownout: handle, ctx, res }: Call) => {
                const stream = await handle.run(model, async ({ signal }) =>
                  flowing((await fetch(stallingUrl, { signal })).body!),
                );
                if (ctx !== undefined) ctx.respond = false;
                res.writeHead(200, { 'content-type': 'text/event-stream' });
                for await (const part of stream as unknown as AsyncIterable<Uint8Array>) res.write(part);
                res.end();
              },
            },
          },
        }),
      );
      const response = await fetch(`${url}/a`, { signal: client.signal });
      await response.body!.getReader().read();
      const held = await begins;
      const lost = new Promise((resolve) => held.once('close', resolve));
      client.abort();
      await lost;
      await vi.waitFor(() => expect(calls('model')).toEqual({ success: 0, failure: 0, ignored: 1 }));
      expect(calls('route')).toEqual({ success: 0, failure: 0, ignored: 1 });
    });
  },
);
