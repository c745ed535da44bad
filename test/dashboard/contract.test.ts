import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Dashboard, DashboardOptions } from '@brownout/dashboard';
import { afterEach, describe, expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { ask, at, change, everybody, outage } from './client.ts';
import { hosts } from './hosts.ts';

const serve = useServers();
let dashboards: Dashboard[] = [];
afterEach(() => {
  for (const one of dashboards) one.close();
  dashboards = [];
});

function fail(): never {
  throw new Error('who?');
}

describe.each(hosts)('the dashboard on $name', ({ create }) => {
  async function start(options: DashboardOptions = {}, parser = true) {
    const circuits = outage();
    const { server, dashboard } = create({ brownout: circuits.brownout, ...options }, { parser, cors: true });
    dashboards.push(dashboard);
    return { url: await serve(server), dashboard, ...circuits };
  }

  it('leaves the application alone', async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/app`)).text()).toBe('app');
    expect(await (await fetch(`${url}/ops/brownouts`)).status).not.toBe(302);
  });

  it('is a folder, wherever it is mounted', async () => {
    const { url } = await start();
    const answer = await ask(url, '?from=here');
    expect([answer.status, answer.headers['location']]).toEqual([302, './brownout/']);
    expect(new URL(`${answer.headers['location']}`, `${url}${at}`).pathname).toBe(`${at}/`);
    const page = await ask(url, '/?from=here');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('POST /ask');
  });

  it('is found by whole addresses as well, as proxies are asked for them (RFC 9112 §3.2.2)', async () => {
    const { url } = await start();
    const { hostname, port } = new URL(url);
    const asking = request({ hostname, port, path: `${url}${at}/health?all` }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    answer.resume();
  });

  it('answers HEAD as GET, without a body', async () => {
    const { url } = await start();
    for (const path of ['/', '/health', '/circuits', '/circuits/search', '/events']) {
      const answer = await ask(url, path, { method: 'HEAD' });
      expect([path, answer.status, answer.text]).toEqual([path, 200, '']);
    }
  });

  it('tells who has a file that it has it, and nothing of its length', async () => {
    const { url } = await start();
    const { headers } = await ask(url, '/assets/page.js');
    expect(Number(headers['content-length'])).toBeGreaterThan(0);
    const known = await ask(url, '/assets/page.js', { headers: { 'if-none-match': `"a", W/${headers['etag']}` } });
    expect([known.status, known.text, known.headers['etag']]).toEqual([304, '', headers['etag']]);
    expect(known.headers).not.toHaveProperty('content-length');
    expect(known.headers).not.toHaveProperty('content-type');
  });

  it('tells how all circuits are', async () => {
    const { url } = await start();
    const { status, json } = await ask(url, '/health');
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 'failed',
      at: expect.any(Number),
      uptimeMs: expect.any(Number),
      circuits: { total: 2, healthy: 1, degraded: 0, failed: 1 },
      failing: ['POST /ask'],
      canChange: false,
    });
  });

  it('tells of each circuit', async () => {
    const { url } = await start(everybody);
    const { status, json } = await ask(url, '/circuits');
    expect([status, json.canChange, json.circuits.length]).toEqual([200, true, 2]);
    expect(Math.abs(json.at - Date.now())).toBeLessThan(60_000);
    expect(json.circuits[0]).toEqual({
      name: 'POST /ask',
      href: 'circuits/POST%20%2Fask',
      state: 'open',
      mode: 'enforce',
      status: 'failed',
      stateSince: expect.any(Number),
      probesAt: expect.closeTo(json.circuits[0].stateSince + 30_000, -2), // the clocks are read one after the other
      inFlight: 0,
      callsPerMinute: 0, // from before the dashboard was there
      calls: { success: 0, failure: 1, ignored: 0, refused: 0, slow: 0, late: 0 },
      failureRateThreshold: 0.5,
      latency: { p50: 12, p95: 12, p99: 12 },
      lastFailureAt: expect.closeTo(json.circuits[0].stateSince, -2),
      served: { handler: 0 },
      reasons: {},
      transitions: { tripped: 1, reopened: 0, halfOpened: 0, closed: 0, wouldTrip: 0 },
      trail: `${'-'.repeat(59)}o`,
    });
  });

  it('tells all of one circuit, whichever way its slashes came', async () => {
    const { url, ask: circuit } = await start();
    circuit.forceOpen('maintenance');
    for (const path of ['/circuits/POST%20%2Fask', '/circuits/POST%20/ask']) {
      const { status, json } = await ask(url, path);
      expect(status).toBe(200);
      expect(json.circuit).toMatchObject({
        name: 'POST /ask',
        state: 'open',
        mode: 'forced_open',
        override: { mode: 'forced_open', why: 'maintenance', at: expect.any(Number) },
        options: circuit.options,
        events: [{ kind: 'mode_changed', text: 'Forced open: every call is refused.', why: 'maintenance' }],
      });
      expect(json.circuit.patchable).toContain('failureThreshold');
      expect(json.circuit.history.state).toHaveLength(360);
      expect(json.circuit.history.state.at(-1)).toBe('open');
    }
  });

  it('knows no other circuits, and makes none', async () => {
    const { url, brownout } = await start(everybody);
    for (const path of [
      '/circuits/nope',
      '/circuits/%E0%A4%A',
      '/circuits/%00',
      '/circuits/nope/force-open',
      '/circuits/',
      '/nope',
      '/assets/..%2Findex.ts',
    ])
      expect([path, (await ask(url, path)).status]).toEqual([path, 404]);
    const gone = await change(url, '/circuits/nope/force-open', { reason: 'because' });
    expect([gone.status, gone.headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8']);
    expect((await change(url, '/circuits/nope', { reason: 'because', options: { jitter: 0 } }, 'PATCH')).status).toBe(
      404,
    );
    expect([...brownout.circuits.keys()]).toEqual(['POST /ask', 'search']);
  });

  it('says which methods there are', async () => {
    const { url } = await start(everybody);
    const allowed = async (method: string, path: string) => {
      const { status, headers } = await ask(url, path, { method });
      return [status, headers['allow']];
    };
    expect(await allowed('POST', '/health')).toEqual([405, 'GET, HEAD']);
    expect(await allowed('DELETE', '/circuits')).toEqual([405, 'GET, HEAD']);
    expect(await allowed('OPTIONS', '/circuits')).toEqual([405, 'GET, HEAD']);
    expect(await allowed('DELETE', '/circuits/search')).toEqual([405, 'GET, HEAD, PATCH']);
    expect(await allowed('POST', '/circuits/search')).toEqual([405, 'GET, HEAD, PATCH']);
    expect(await allowed('PUT', '/circuits/search/reset')).toEqual([405, 'POST']);
    expect(await allowed('GET', '/circuits/search/reset')).toEqual([405, 'POST']);
  });

  it('sends nothing that a browser may keep, guess, frame or lend to others', async () => {
    const { url } = await start();
    for (const path of ['/', '/health', '/circuits', '/circuits/search', '/nope', '/circuits/search/reset']) {
      const { headers } = await ask(url, path, { headers: { origin: 'https://elsewhere.example' } });
      expect([path, headers]).toEqual([
        path,
        expect.objectContaining({
          'cache-control': 'no-store',
          'content-security-policy': expect.stringMatching(/^default-src 'none'.*frame-ancestors 'none'/),
          'cross-origin-resource-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        }),
      ]);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  describe.each([true, false])('behind a body parser: %s', (parser) => {
    it('changes circuits, and keeps who did and why', async () => {
      const { url, search } = await start(everybody, parser);
      const act = async (action: string) => {
        const { status, json } = await change(url, `/circuits/search/${action}`, { reason: ` to ${action} ` });
        expect(status).toBe(200);
        return json.circuit;
      };
      expect(await act('force-open')).toMatchObject({
        state: 'open',
        mode: 'forced_open',
        override: { why: 'to force-open' },
      });
      expect(search.mode).toBe('forced_open');
      expect(await act('disable')).toMatchObject({
        state: 'closed',
        mode: 'disabled',
        override: { why: 'to disable' },
      });
      expect(await act('clear')).toMatchObject({ state: 'closed', mode: 'enforce' });
      search.forceOpen();
      expect(await act('force-close')).toMatchObject({ state: 'closed', mode: 'enforce' });
      expect(await act('reset')).toMatchObject({ state: 'closed', mode: 'enforce' });
      expect((await ask(url, '/circuits/search')).json.circuit.events).toMatchObject([
        { kind: 'action', text: 'Reset: closed, and its window is empty.', why: 'to reset', by: 'ada' },
        { kind: 'action', text: 'Closed by hand.', why: 'to force-close', by: 'ada' },
        { kind: 'mode_changed' },
        { kind: 'action', text: 'Override cleared.', why: 'to clear', by: 'ada' },
        { kind: 'action', text: 'Disabled: every call is let through.', why: 'to disable', by: 'ada' },
        { kind: 'action', text: 'Forced open.', why: 'to force-open', by: 'ada' },
      ]);
    });

    it('changes options, or refuses the patch whole', async () => {
      const { url, search } = await start(everybody, parser);
      const patch = (options: unknown) => change(url, '/circuits/search', { reason: 'tuning', options }, 'PATCH');
      expect((await patch({ failureThreshold: 9, slowCallMs: 100 })).status).toBe(200);
      expect(search.options).toMatchObject({ failureThreshold: 9, slowCallMs: 100 });
      const before = search.options;
      for (const options of [
        { failureThreshold: 0 },
        { failureThreshold: 7, jitter: 2 },
        { failureThresold: 7 },
        { clock: {} },
        { retry: {} },
        { rateLimit: { requestsPerMinute: 1 } },
        { resetTimeoutMs: 400_000 },
        {},
        [],
        null,
        'all',
      ]) {
        const { status, json } = await patch(options);
        expect([options, status, json.detail]).toEqual([options, 422, expect.any(String)]);
      }
      expect(search.options).toEqual(before);
      expect((await ask(url, '/circuits/search')).json.circuit.events).toMatchObject([
        { kind: 'action', text: 'Options changed: failureThreshold 5 → 9, slowCallMs false → 100.', why: 'tuning' },
      ]);
    });

    it('wants a reason, in a body of JSON that is not large', async () => {
      const { url, search } = await start(everybody, parser);
      const reasons = [undefined, '', '   ', 1, null, { toString: 1 }, ['a'], 'x'.repeat(501)];
      for (const reason of reasons)
        expect([reason, (await change(url, '/circuits/search/force-open', { reason })).status]).toEqual([reason, 422]);
      expect([400, 422]).toContain((await change(url, '/circuits/search/force-open', '')).status); // parsers make `{}` of it
      for (const body of ['{', '[]', '[{"reason":"a"}]'])
        expect([body, (await change(url, '/circuits/search/force-open', body)).status]).toEqual([body, 400]);
      const type = (kind: string) => ({ 'content-type': kind });
      for (const kind of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/jsonp',
        'multipart/form-data; boundary=application/json',
      ])
        expect((await change(url, '/circuits/search/force-open', '{"reason":"a"}', 'POST', type(kind))).status).toBe(
          415,
        );
      const coded = await ask(url, '/circuits/search/force-open', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync('{"reason":"a"}'),
      });
      expect([coded.status, coded.headers['accept-encoding']]).toEqual([415, 'identity']);
      expect(search.mode).toBe('enforce');
      const plain = await change(url, '/circuits/search/clear', { reason: 'a' }, 'POST', {
        'content-encoding': 'identity',
      });
      expect(plain.status).toBe(200);
      const long = await change(
        url,
        '/circuits/search/force-open',
        { reason: 'x'.repeat(500) },
        'POST',
        type('Application/JSON; charset=utf-8'),
      );
      expect(long.status).toBe(200);
    });
  });

  it('reads 16 KiB at most, and goes on with the connection', async () => {
    const { url, search } = await start(everybody, false);
    const padded = (bytes: number) => `{"reason":"a"}${' '.repeat(bytes - 14)}`;
    expect((await change(url, '/circuits/search/force-open', padded(16_385))).status).toBe(413);
    expect((await change(url, '/circuits/search/force-open', padded(2_000_000))).status).toBe(413);
    const chunked = { 'transfer-encoding': 'chunked' };
    expect((await change(url, '/circuits/search/force-open', padded(200_000), 'POST', chunked)).status).toBe(413);
    expect(search.mode).toBe('enforce');
    expect((await change(url, '/circuits/search/force-open', padded(16_384))).status).toBe(200);
  });

  it('changes nothing without `authorize`, nor for who may not', async () => {
    const open = await start();
    const refused = await change(open.url, '/circuits/search/reset', { reason: 'a' });
    expect(refused).toMatchObject({
      status: 403,
      json: { status: 403, detail: 'Changing needs the option `authorize`.' },
    });
    const answers = [false, undefined, null, 0, 1, 'yes', {}, { by: '' }, { by: 7 }, { by: Promise.resolve('ada') }];
    const faults = [() => Promise.reject(new Error('who?')), fail];
    const authorize = () => (answers.length > 0 ? answers.shift() : faults.shift()!()) as boolean;
    const { url, search, brownout } = await start({ authorize });
    const failed: string[] = [];
    brownout.on('option_failed', ({ option }) => void failed.push(option));
    while (faults.length > 0)
      expect((await change(url, '/circuits/search/force-open', { reason: 'a' })).status).toBe(403);
    expect([search.mode, failed]).toEqual(['enforce', ['authorize', 'authorize']]);
    const allowed = await start({ authorize: async () => true });
    expect((await change(allowed.url, '/circuits/search/force-open', { reason: 'a' })).status).toBe(200);
    const [{ by }] = (await ask(allowed.url, '/circuits/search')).json.circuit.events;
    expect(by).toBeUndefined();
  });

  it('changes nothing for who may not read', async () => {
    const may = { read: false };
    const { url, search } = await start({ ...everybody, authorizeRead: () => may.read });
    expect((await change(url, '/circuits/search/force-open', { reason: 'a' })).status).toBe(403);
    expect(
      (await change(url, '/circuits/search', { reason: 'a', options: { failureThreshold: 1 } }, 'PATCH')).status,
    ).toBe(403);
    expect([search.mode, search.options['failureThreshold']]).toEqual(['enforce', 5]);
    may.read = true;
    expect((await change(url, '/circuits/search/force-open', { reason: 'a' })).status).toBe(200);
  });

  it('takes changes from its own page and from what is no browser, and from no other site', async () => {
    const { url } = await start(everybody);
    const own = new URL(url).host;
    const asked = (headers: Record<string, string>) =>
      change(url, '/circuits/search/reset', { reason: 'a' }, 'POST', headers).then(({ status }) => status);
    expect(await asked({})).toBe(200);
    expect(await asked({ origin: url })).toBe(200);
    expect(await asked({ origin: `https://${own}` })).toBe(200); // a proxy ends TLS
    expect(await asked({ 'sec-fetch-site': 'same-origin', origin: 'https://ops.example' })).toBe(200); // and calls us by another name
    for (const origin of [
      'null',
      '',
      'https://elsewhere.example',
      `https://${own}.elsewhere.example`,
      `http://${own}@elsewhere.example`,
      'http://127.0.0.1:1',
      `${url}, ${url}`,
    ])
      expect([origin, await asked({ origin })]).toEqual([origin, 403]);
    for (const site of ['cross-site', 'same-site', 'none', '', 'Same-Origin'])
      expect([site, await asked({ origin: url, 'sec-fetch-site': site })]).toEqual([site, 403]);
  });

  it('lets those read who may, and tells a probe that it lives', async () => {
    const { url } = await start({ authorizeRead: () => Promise.reject(new Error('who?')) });
    for (const path of ['/', '/circuits', '/circuits/search', '/circuits/nope', '/events'])
      expect([path, (await ask(url, path)).status]).toEqual([path, 403]);
    const { status, text, json } = await ask(url, '/health');
    expect([status, json.circuits.failed]).toEqual([200, 1]);
    expect(text).not.toContain('ask');
    const allowed = await start({ authorizeRead: async () => true });
    expect((await ask(allowed.url, '/circuits')).status).toBe(200);
  });
});
