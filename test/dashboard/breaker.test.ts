import type { Dashboard } from '@brownout/dashboard';
import { afterEach, describe, expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { ask, outage } from './client.ts';
import { EventClient } from './event-client.ts';
import { type Behind, hosts } from './hosts.ts';

const serve = useServers();
let dashboards: Dashboard[] = [];
afterEach(() => {
  for (const one of dashboards) one.close();
  dashboards = [];
});

describe.each(hosts.filter(({ name }) => name !== 'node:http'))(
  'behind a breaker for the whole application, on $name',
  ({ create }) => {
    async function start(breaker: Omit<NonNullable<Behind['breaker']>, 'brownout'>) {
      const circuits = outage();
      const { brownout } = circuits;
      const { server, dashboard } = create({ brownout, maxClients: 1 }, { breaker: { brownout, ...breaker } });
      dashboards.push(dashboard);
      return { url: await serve(server), ...circuits };
    }

    it('the dashboard is no route: it has no circuit, and what it answers is neither kept nor replaced', async () => {
      const { url, brownout, search } = await start({});
      const client = await EventClient.open(url);
      for (let times = 0; times < 8; times++) {
        const refused = await ask(url, '/events');
        expect([refused.status, refused.headers['retry-after'], refused.headers['brownout-fallback']]).toEqual([
          503,
          '10',
          undefined,
        ]);
      }
      expect((await ask(url, '/circuits/search')).json.circuit.state).toBe('closed');
      search.forceOpen();
      const again = await ask(url, '/circuits/search');
      expect([again.json.circuit.state, again.headers['age']]).toEqual(['open', undefined]);
      expect([...brownout.circuits.keys()]).toEqual(['POST /ask', 'search']);
      client.close();
    });

    it('its events are not cut for their silence', async () => {
      const { url, search } = await start({ stream: { idleMs: 20, totalMs: 40 } });
      const client = await EventClient.open(url);
      await client.next('snapshot');
      await new Promise((resolve) => setTimeout(resolve, 100)); // the limits are real time
      search.forceOpen();
      await client.next('circuit_event');
      expect(client.text).not.toContain('event: brownout');
      client.close();
    });

    it('a circuit that the user named for all counts none of it', async () => {
      const { url, brownout } = await start({ circuit: 'all' });
      for (const path of ['/circuits', '/nope', '/health']) await ask(url, path);
      expect(brownout.circuit('all').metrics()).toMatchObject({
        calls: { success: 0, failure: 0, ignored: 0 },
        inFlight: 0,
      });
    });
  },
);
