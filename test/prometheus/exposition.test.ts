import { type Brownout, createBrownout } from '@brownout/core';
import * as client15 from 'prom-client';
import * as client14 from 'prom-client-14';
import { describe, expect, it, vi } from 'vitest';
import { bustle } from './bustle.ts';
import { lacks, run } from './program.ts';

const { PROMETHEUS_CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE } = client15.Registry;
const text = [
  ['prom-client 15', client15, PROMETHEUS_CONTENT_TYPE],
  ['prom-client 14', client14, PROMETHEUS_CONTENT_TYPE],
] as const;
const openMetrics = ['prom-client 15, OpenMetrics', client15, OPENMETRICS_CONTENT_TYPE] as const;

/** Two sets of which everything can be told, exported by that version in that format. */
async function exposed(client: typeof client14 | typeof client15, type: client15.RegistryContentType): Promise<string> {
  vi.resetModules();
  vi.doMock('prom-client', () => ({ ...client }));
  const { exportMetrics } = await import('@brownout/prometheus');
  const register = new (client as unknown as typeof client15).Registry();
  if (type !== PROMETHEUS_CONTENT_TYPE) register.setContentType(type as never);
  const sets: Record<string, Brownout> = { web: createBrownout(), jobs: createBrownout() };
  exportMetrics(sets, { register });
  for (const set of Object.values(sets)) bustle(set);
  await register.metrics(); // as of the second scrape: OpenMetrics has changed the names of counters by then
  return register.metrics();
}

describe('the exposition', () => {
  it.each([...text, openMetrics])(
    'of %s has each series once, and something of each metric',
    async (_which, client, type) => {
      const lines = (await exposed(client, type)).split('\n').filter((line) => line !== '');
      const series = lines.filter((line) => !line.startsWith('#')).map((line) => line.slice(0, line.lastIndexOf(' ')));
      expect(new Set(series).size).toBe(series.length);
      const declared = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
      const shown = new Set(series.map((line) => /^\w+/.exec(line)![0]));
      const isShown = (name: string) => ['', '_total', '_count'].some((end) => shown.has(name + end));
      expect(declared).toHaveLength(30);
      expect(declared.filter((name) => !isShown(name))).toEqual([]);
      expect(lines.at(-1) === '# EOF').toBe(type === OPENMETRICS_CONTENT_TYPE);
    },
  );

  // that in OpenMetrics is read by a real Prometheus: promtool's linter knows the older format alone
  it.skipIf(lacks('promtool'))('pleases the linter of Prometheus', async () => {
    for (const [, client, type] of text)
      expect(await run('promtool', ['check', 'metrics'], await exposed(client, type))).toBe('');
    await expect(run('promtool', ['check', 'metrics'], '# TYPE bad_ms gauge\nbad_ms 1\n')).rejects.toThrow('bad_ms');
  });
});
