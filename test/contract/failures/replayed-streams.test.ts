import { createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Handler, hosts } from '../hosts.ts';
import { useServers } from '../servers.ts';
import { eventsOf } from './event-stream.ts';

const serve = useServers();
const next = () => new Promise((resolve) => setImmediate(resolve));

/** Writes each piece by itself, and ends. */
const streaming =
  (type: string, pieces: readonly string[], cacheControl = 'no-transform'): Handler =>
  async ({ ctx, res }) => {
    if (ctx !== undefined) ctx.respond = false;
    res.writeHead(200, { 'Content-Type': type, 'X-Accel-Buffering': 'no', 'Cache-Control': cacheControl });
    for (const piece of pieces) {
      res.write(piece);
      await next();
    }
    res.end();
  };

describe.each(hosts)('$name', (host) => {
  const replayed = async (handler: Handler) => {
    const brownout = createBrownout();
    const circuit = brownout.circuit('a');
    const url = await serve(host.create({ use: { brownout, circuit: 'a' }, routes: { 'GET /a': handler } }));
    const accept = { headers: { accept: 'text/event-stream' } };
    const fresh = await (await fetch(`${url}/a`, accept)).text();
    await expect.poll(() => circuit.inFlight).toBe(0);
    circuit.forceOpen();
    const response = await fetch(`${url}/a`, accept);
    return { fresh, response, text: await response.text() };
  };

  it('replays a whole stream of events as one, byte for byte, which its headers alone tell from a fresh one', async () => {
    const type = 'text/event-stream; charset=utf-8';
    const pieces = [': hello\n\n', 'id: 1\nevent: delta\ndata: {"text":"é"}\n\n', 'data: [DO', 'NE]\n\n'];
    const { fresh, response, text } = await replayed(streaming(type, pieces));
    expect([response.status, response.headers.get('content-type'), text]).toEqual([200, type, fresh]);
    expect(response.headers.get('brownout-fallback')).toContain('l1_cache; reason=forced_open');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(eventsOf(text)).toEqual([
      { event: 'delta', data: '{"text":"é"}' },
      { event: 'message', data: '[DONE]' },
    ]);
  });

  it.each([
    ['text/event-stream', 'no-cache, no-transform', 200],
    ['text/event-stream', 'private, no-cache', 503],
    ['text/event-stream', 'no-cache, must-revalidate', 503],
    ['application/x-ndjson', 'no-cache', 503],
  ])('replays a stream of %s that says `%s`: %i', async (type, cacheControl, status) => {
    const { response } = await replayed(
      streaming(type, [type === 'text/event-stream' ? 'data: 1\n\n' : '{"a":1}\n'], cacheControl),
    );
    expect(response.status).toBe(status);
  });

  it.each<[string, string, string[]]>([
    ['ends in the middle of an event', 'text/event-stream', ['data: one\n\n', 'data: tw']],
    ['ends with an error', 'text/event-stream', ['data: one\n\n', 'event: error\ndata: {}\n\n']],
    ['ends in the middle of a line', 'application/x-ndjson', ['{"a":1}\n', '{"b":']],
  ])('does not keep a stream that %s', async (_, type, pieces) => {
    const { fresh, response, text } = await replayed(streaming(type, pieces));
    expect(fresh).toBe(pieces.join(''));
    expect(response.status).toBe(503);
    if (type === 'text/event-stream') expect(eventsOf(text)).toMatchObject([{ event: 'brownout' }]);
  });
});
