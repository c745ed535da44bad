import { request } from 'node:http';
import { createBrownout } from '@brownout/core';
import type { Dashboard } from '@brownout/dashboard';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { at } from './client.ts';
import { hosts } from './hosts.ts';

const serve = useServers();
let made: Dashboard | undefined;
afterEach(() => made?.close());

interface Trial {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const names = ['search', 'POST /ask', '__proto__', '..', 'a/b'];
const actions = ['force-open', 'force-close', 'disable', 'clear', 'reset', 'toString', '__proto__', 'patch'];
const segment = fc.oneof(
  fc.constantFrom(
    'POST%20/ask',
    ...names.map(encodeURIComponent),
    ...actions,
    'circuits',
    'health',
    'events',
    'assets',
  ),
  fc.constantFrom('', '.', '..', '%2e%2e', '%2F', '%', '%zz', '%C0%AF', '%00', '~', '~x', '*', ';', '?', '?a=b', '#'),
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.integer({ min: 1, max: 3_000 }).map((times) => 'x'.repeat(times)),
);
const path = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...names.map(encodeURIComponent)), fc.constantFrom(...actions))
      .map(([name, action]) => `/circuits/${name}/${action}`),
  },
  { weight: 1, arbitrary: fc.constantFrom(...names).map((name) => `/circuits/${encodeURIComponent(name)}`) },
  { weight: 2, arbitrary: fc.array(segment, { maxLength: 6 }).map((segments) => ['', ...segments].join('/')) },
);
const value = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 1, 1e308, '', '5', '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
);
const options = fc.dictionary(
  fc.constantFrom(
    'failureThreshold',
    'jitter',
    'mode',
    'retry',
    'rateLimit',
    'clock',
    'windowMs',
    '__proto__',
    'constructor',
    'nope',
  ),
  value,
);
const body = fc.oneof(
  fc
    .record(
      { reason: fc.oneof(fc.string({ minLength: 1, maxLength: 600 }), value), options: fc.oneof(options, value) },
      { requiredKeys: [] },
    )
    .map((all) => JSON.stringify(all)),
  fc
    .record({ reason: fc.constantFrom('maintenance', 'maintenance', 'x'.repeat(501)), options })
    .map((all) => JSON.stringify(all)),
  fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{"__proto__":{"polluted":1},"reason":"a","options":{"__proto__":{"polluted":1}}}',
    '{"reason":"a","options":{"constructor":{"prototype":{"polluted":1}},"jitter":{"__proto__":{"polluted":1}}}}',
    `${'['.repeat(8_000)}`,
    `{"reason":"a","pad":"${'x'.repeat(20_000)}"}`,
  ),
  fc.json({ maxDepth: 4 }),
  fc.string(),
);
const printable = fc.string({ maxLength: 30 }).map((text) => text.replace(/[^\x20-\x7e]/g, ''));
const anyHeaders = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 4, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.oneof(fc.constantFrom('text/plain', 'application/json;x', 'application/jsonx', ''), printable),
      },
    ),
    origin: fc.oneof(fc.constantFrom('null', 'https://elsewhere.example', 'http://', 'own'), printable),
    'sec-fetch-site': fc.constantFrom('same-origin', 'same-origin', 'same-site', 'cross-site', 'none', ''),
    'last-event-id': printable,
    'if-none-match': printable,
    cookie: printable,
    'x-http-method-override': fc.constantFrom('POST', 'PATCH'),
  },
  { requiredKeys: [] },
);
const good = fc.constantFrom({}, { origin: 'own' }, { 'sec-fetch-site': 'same-origin' });
const headers = fc.oneof(
  good.map((own) => ({ 'content-type': 'application/json', ...own })),
  anyHeaders,
);
const trial: fc.Arbitrary<Trial> = fc.record({
  method: fc.constantFrom(
    'POST',
    'POST',
    'POST',
    'PATCH',
    'PATCH',
    'GET',
    'HEAD',
    'PUT',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'TRACE',
  ),
  path,
  headers: headers as fc.Arbitrary<Record<string, string>>,
  body,
});

/** The head of the answer: that of the events would never end. */
function ask(url: string, { method, path, headers, body }: Trial) {
  return new Promise<{ status: number; headers: Record<string, unknown> }>((resolve, reject) => {
    const own = { ...headers, ...(headers['origin'] === 'own' && { origin: url }) };
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const asking = request(new URL(url), {
      method,
      path: `${at}${path}`,
      headers: { ...own, ...length },
      agent: false,
    });
    asking.on('response', (res) => {
      resolve({ status: res.statusCode!, headers: res.headers });
      asking.destroy();
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

const mayChange = (url: string, { method, headers, body }: Trial): boolean => {
  const site = headers['sec-fetch-site'];
  const origin = headers['origin'] === 'own' ? url : headers['origin'];
  if (method !== 'POST' && method !== 'PATCH') return false;
  if (site === undefined ? origin !== undefined && origin !== url : site !== 'same-origin') return false;
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) return false;
  const { reason } = JSON.parse(body);
  return typeof reason === 'string' && reason.trim() !== '' && reason.trim().length <= 500;
};

describe.each(hosts)('what anybody may send to a dashboard on $name', ({ create }) => {
  it('harms nothing, and changes only what it may', { timeout: 60_000 }, async () => {
    const brownout = createBrownout();
    for (const name of names) brownout.circuit(name);
    const { server, dashboard } = create({ brownout, authorize: () => ({ by: 'fuzz' }) });
    made = dashboard;
    const url = await serve(server);
    const stateOf = () => JSON.stringify([...brownout.circuits.values()].map(({ mode, options }) => [mode, options]));
    let changes = 0;
    await fc.assert(
      fc.asyncProperty(trial, async (one) => {
        const before = stateOf();
        const { status, headers } = await ask(url, one);
        if (status === 200 && one.method !== 'GET' && one.method !== 'HEAD') {
          changes++;
          expect(mayChange(url, one)).toBe(true);
        } else expect(stateOf()).toBe(before);
        expect([200, 302, 304, 400, 403, 404, 405, 413, 415, 422]).toContain(status);
        expect([...brownout.circuits.keys()]).toEqual(names);
        expect({}).not.toHaveProperty('polluted');
        if (one.path.startsWith('/circuits'))
          expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      }),
      { seed: 20_261_126, numRuns: 400, interruptAfterTimeLimit: 20_000 },
    );
    expect(changes).toBeGreaterThan(5); // it has come as far as that
  });
});
