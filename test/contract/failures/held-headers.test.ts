import { request } from 'node:http';
import { createBrownout } from '@brownout/core';
import { describe, expect, it } from 'vitest';
import { type Call, type Handler, hosts } from '../hosts.ts';
import { useServers } from '../servers.ts';

const serve = useServers();

/** What CORS, a helmet, a session and a request id put there, in their own case; an array, and a number. */
const earlier: readonly [string, string | string[] | number][] = [
  ['Access-Control-Allow-Origin', 'https://app.example'],
  ['Vary', 'Origin'],
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['X-Request-ID', '42'],
  ['x-rate-limit', 100],
  ['Set-Cookie', ['sid=1; Path=/', 'csrf=2']],
];
const before: Handler = ({ res }) => {
  for (const [name, value] of earlier) res.setHeader(name, Array.isArray(value) ? [...value] : value);
};

/** What a handler puts there before it fails: its own, and changes to those. */
function spoil({ res }: Call): void {
  res.statusMessage = 'Everything is fine';
  res.setHeader('x-frame-options', 'DENY');
  res.appendHeader('Vary', 'Accept-Encoding');
  res.appendHeader('Set-Cookie', 'basket=3');
  res.removeHeader('X-Request-ID');
  res.setHeader('X-Rate-Limit', 1);
  res.setHeader('Content-Encoding', 'gzip');
  res.setHeader('Content-Language', 'en');
  res.setHeader('ETag', '"own"');
  res.setHeader('Last-Modified', 'Thu, 01 Jan 2026 00:00:00 GMT');
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('Location', '/elsewhere');
  res.removeHeader('Date');
}

const raw = (call: Call) => {
  if (call.ctx !== undefined) call.ctx.respond = false;
  return call.res;
};
const fails: Record<string, Handler> = {
  throws: () => {
    throw new Error('upstream is down');
  },
  'answers 500': (call) => call.send(500, { down: true }, { 'x-own': '1' }),
  'answers by `writeHead`': (call) =>
    void raw(call).writeHead(502, 'Own', { 'x-own': '1', 'Set-Cookie': 'own=1' }).end('down'),
  'makes a head and throws': (call) => {
    raw(call).writeHead(200, { 'x-own': '1', 'Content-Length': 1_000 });
    throw new Error('upstream is down');
  },
  'destroys the response': (call) => void raw(call).destroy(),
  'gives nothing by the deadline': () => new Promise(() => {}),
};

describe.each(hosts)('$name, when a handler that has set headers', (host) => {
  const ask = async (fail: Handler, inner = false) => {
    const options = { brownout: createBrownout(), circuit: 'a', timeoutMs: 30, fallback: [] };
    const handler: Handler = (call) => {
      spoil(call);
      return fail(call);
    };
    const route = inner ? { breaker: { ...options, circuit: 'inner' }, handler } : handler;
    const url = await serve(host.create({ before, use: options, routes: { 'GET /a': route } }));
    return new Promise<{ message: string; headers: [string, string][] }>((resolve, reject) => {
      request(`${url}/a`, (response) => {
        response.resume();
        const { rawHeaders } = response;
        const headers = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1]!]] : []));
        response.on('end', () => resolve({ message: response.statusMessage!, headers: headers as [string, string][] }));
      })
        .on('error', reject)
        .end();
    });
  };

  describe.each([false, true])('(behind another breaker: %s)', (inner) => {
    it.each(Object.entries(fails))(
      '%s, sends those of earlier middleware as they were, and none of its own',
      async (_, fail) => {
        const { message, headers } = await ask(fail, inner);
        expect(message).toBe('Service Unavailable');
        const kept = earlier.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
        const ours = [
          'Content-Type',
          'Content-Length',
          'Cache-Control',
          'Brownout-Fallback',
          'Date',
          'Connection',
          'Keep-Alive',
          'X-Powered-By',
        ];
        const names = new Set(ours.map((name) => name.toLowerCase()));
        const theirs = headers.filter(([name]) => !names.has(name.toLowerCase()));
        expect(theirs.sort()).toEqual(kept.sort());
        expect(headers.map(([name]) => name)).toContain('Date');
      },
    );
  });
});
