import { createBrownout } from '@brownout/core';
import { exportMetrics } from '@brownout/prometheus';
import { Registry } from 'prom-client';

const rounds = 15;
const calls = 20_000;

/** What a call through a circuit costs where its metrics are exported, and what a scrape of many circuits takes. */
export async function metricsBench(): Promise<void> {
  const exports = {
    'not exported': undefined,
    'without the histogram': { buckets: false },
    'with the histogram': {},
  } as const;
  const runs = Object.entries(exports).map(([name, options]) => {
    const set = createBrownout();
    if (options !== undefined) exportMetrics(set, { register: new Registry(), ...options });
    return { name, circuit: set.circuit('POST /ask'), times: [] as number[] };
  });
  const ok = async () => 1;
  for (let round = 0; round <= rounds; round++) {
    for (const { circuit, times } of runs) {
      const begun = performance.now();
      for (let i = 0; i < calls; i++) await circuit.run(ok);
      if (round > 0) times.push(((performance.now() - begun) * 1e6) / calls);
    }
  }
  console.log('\nMetrics: a call that succeeds, ns');
  for (const { name, times } of runs) console.log(`  ${name.padEnd(24)}${median(times).toFixed(0).padStart(6)}`);
  console.log(`  a scrape of 200 circuits: ${(await scrape(200)).toFixed(1)} ms`);
}

async function scrape(circuits: number): Promise<number> {
  const set = createBrownout();
  const register = new Registry();
  exportMetrics(set, { register });
  for (let n = 0; n < circuits; n++) await set.circuit(`GET /route/${n}`).run(async () => n);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const begun = performance.now();
    await register.metrics();
    if (round > 0) times.push(performance.now() - begun);
  }
  return median(times);
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
