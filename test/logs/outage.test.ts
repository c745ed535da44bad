import { Writable } from 'node:stream';
import { createBrownout, logTo } from '@brownout/core';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { type Call, hosts } from '../contract/hosts.ts';
import { ask, whenSettled } from '../contract/outage.ts';
import { useServers } from '../contract/servers.ts';

interface Told {
  readonly level: number;
  readonly brownout: Readonly<Record<string, unknown>>;
}

const serve = useServers();

describe.each(hosts)('The log of an outage, $name', (host) => {
  it('says what was tripped, what users got and how often, and that it is over, in a few lines', async () => {
    const lines: Told[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)) as Told);
        done();
      },
    });
    let now = 0;
    const clock = { now: () => now, wall: () => 1_700_000_000_000 + now };
    const brownout = createBrownout({ clock, failureThreshold: 2, jitter: 0, successThreshold: 1, random: () => 0.5 });
    const stop = logTo(pino({}, stream), { brownout });
    let isDown = false;
    const handler = (call: Call) => {
      if (isDown) throw new Error('the upstream is down');
      call.send(200, { answer: 'yes' });
    };
    const circuit = brownout.circuit('llm');
    const url = await serve(host.create({ routes: { 'GET /a': { breaker: { brownout, circuit }, handler } } }));
    const get = async (times: number, path = '/a') => {
      for (let n = 0; n < times; n++) await ask(url, { path });
      await whenSettled(circuit);
    };
    const events = () => lines.map(({ brownout: { event } }) => event);

    await get(5);
    expect(lines).toEqual([]);
    isDown = true;
    await get(20);
    await get(4, '/a?other');
    now += 30_000;
    isDown = false;
    await get(3);
    expect(circuit.state).toBe('closed');
    stop();
    await get(1);

    const degraded = lines.filter(({ brownout: { event } }) => event === 'degraded');
    const timesOf = (reason: string, level: string) =>
      degraded
        .map(({ brownout: told }) => told)
        .filter((told) => told['reason'] === reason && told['level'] === level)
        .map(({ times = 1 }) => times);
    expect(timesOf('failure', 'l1_cache')).toEqual([1, 1]);
    expect(timesOf('circuit_open', 'l1_cache')).toEqual([1, 17]);
    expect(timesOf('circuit_open', 'unavailable')).toEqual([1, 3]);
    expect(degraded).toHaveLength(6);
    expect(events().filter((event) => event !== 'degraded')).toEqual(['tripped', 'half_opened', 'closed']);
    expect(lines.every(({ level, brownout: { event } }) => level === (event === 'degraded' ? 30 : 40))).toBe(true);
  });
});
