import type { Dashboard, DashboardOptions } from '@brownout/dashboard';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { ask, change, everybody, outage } from './client.ts';
import { EventClient } from './event-client.ts';
import { hosts } from './hosts.ts';

const serve = useServers();
let dashboards: Dashboard[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  for (const one of dashboards) one.close();
  dashboards = [];
  vi.useRealTimers();
});
const tick = (seconds = 1) => vi.advanceTimersByTime(seconds * 1_000);

describe.each(hosts)('the events of a dashboard on $name', ({ create }) => {
  async function start(options: DashboardOptions = {}) {
    const circuits = outage();
    const { server, dashboard } = create({ brownout: circuits.brownout, ...everybody, ...options }, { parser: true });
    dashboards.push(dashboard);
    return { url: await serve(server), dashboard, ...circuits };
  }

  it('begin with all there is, and go on with what changes', async () => {
    const { url, search, brownout } = await start();
    const client = await EventClient.open(url);
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    const { data } = await client.next('snapshot');
    expect(data).toEqual({ ...(await ask(url, '/circuits')).json, at: expect.any(Number) });
    expect(client.text).toMatch(/^retry: 2000\n\n/);
    search.forceOpen('maintenance');
    const told = await client.next('circuit_event');
    expect(told).toEqual({
      event: 'circuit_event',
      id: `${told.data.id}`,
      data: {
        id: told.data.id,
        at: expect.any(Number),
        circuit: 'search',
        kind: 'mode_changed',
        text: 'Forced open: every call is refused.',
        why: 'maintenance',
      },
    });
    brownout.circuit('new');
    tick();
    const changed = await client.next('change');
    expect(changed.data).toMatchObject({
      at: expect.any(Number),
      circuits: [{ name: 'search', mode: 'forced_open' }, { name: 'new' }],
      gone: [],
    });
    client.close();
  });

  it('go on where they were broken off', async () => {
    const { url, search } = await start();
    const first = await EventClient.open(url);
    await first.next('snapshot');
    search.forceOpen('one');
    const { id } = await first.next('circuit_event');
    first.close();
    search.clearOverride('two');
    search.reset('three');
    const again = await EventClient.open(url, { 'last-event-id': id! });
    await again.next('circuit_event', ({ data }) => data.why === 'three');
    expect(again.events.map(({ event, data }) => data.why ?? event)).toEqual(['snapshot', 'two', 'three']);
    again.close();
    for (const rubbish of ['', '-1', 'NaN', '1e9', '99999999999999999999', '__proto__', "1'; drop"]) {
      const fresh = await EventClient.open(url, { 'last-event-id': rubbish });
      await fresh.next('snapshot');
      search.reset('four');
      await fresh.next('circuit_event');
      expect(fresh.events.map(({ event, data }) => data.why ?? event)).toEqual(['snapshot', 'four']);
      fresh.close();
    }
  });

  it('tell one who changes something what was done, once', async () => {
    const { url } = await start();
    const client = await EventClient.open(url);
    await client.next('snapshot');
    await change(url, '/circuits/search/force-open', { reason: 'maintenance' });
    const { data } = await client.next('circuit_event');
    expect(data).toMatchObject({ kind: 'action', text: 'Forced open.', why: 'maintenance', by: 'ada' });
    tick();
    await client.next('change');
    expect(client.events.map(({ event }) => event)).toEqual(['snapshot', 'circuit_event', 'change']);
    client.close();
  });

  it('say something every 15 seconds, and nothing but that while nothing changes', async () => {
    const { url } = await start();
    const client = await EventClient.open(url);
    await client.next('snapshot');
    tick(31);
    await client.come(':\n\n:\n\n');
    expect(client.events.map(({ event }) => event)).toEqual(['snapshot']);
    client.close();
  });

  it('are for so many at once', async () => {
    const { url } = await start({ maxClients: 2 });
    const [one, two] = await Promise.all([EventClient.open(url), EventClient.open(url)]);
    const { status, headers, json } = await ask(url, '/events');
    expect([status, headers['retry-after'], json.detail]).toEqual([
      503,
      '10',
      'No more than 2 may follow the events at once.',
    ]);
    one.close();
    await vi.waitFor(async () => expect((await ask(url, '/events', { method: 'HEAD' })).status).toBe(200));
    two.close();
  });

  it('end after 15 minutes, so that who follows is asked again whether he may', async () => {
    let mayRead = true;
    const { url, search } = await start({ authorizeRead: () => mayRead });
    const early = await EventClient.open(url);
    await early.next('snapshot');
    tick(600);
    const late = await EventClient.open(url);
    await late.next('snapshot');
    mayRead = false;
    tick(300);
    await early.ended();
    expect(early.events.at(-1)).toMatchObject({ event: 'renew', data: {} });
    search.forceOpen();
    tick();
    await late.next('change');
    expect(early.events.some(({ event }) => event === 'circuit_event')).toBe(false);
    expect((await ask(url, '/events')).status).toBe(403);
    late.close();
  });

  it('end when the dashboard is closed, and the process can', async () => {
    const { url, dashboard, brownout } = await start();
    const client = await EventClient.open(url);
    await client.next('snapshot');
    expect(vi.getTimerCount()).toBe(1);
    dashboard.close();
    await client.ended();
    expect(vi.getTimerCount()).toBe(0);
    expect(brownout.events.wanted('degraded')).toBe(false);
    expect((await ask(url, '/events')).status).toBe(503);
    expect((await ask(url, '/health')).status).toBe(200);
    dashboard.close(); // again is nothing
  });
});
