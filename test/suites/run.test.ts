import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build.ts';
import type { Mode } from './modes.ts';
import { checkoutIn, run } from './run.ts';

const hosts = ['Express 5', 'Express 4', 'Koa 3', 'Koa 2', 'a bare listener'];
const titles = hosts.flatMap((host) => [`${host} answers 202`, `${host} answers 502`]);
const checkout = checkoutIn(join(import.meta.dirname, 'fixture'), undefined);
const logs = mkdtempSync(join(tmpdir(), 'suites-'));

/** Two requests to each, and those to Express go to a mounted application. */
const guardedRequests = 2 * (2 + 2 + 1 + 1 + 1);

const failing = async (mode: Mode) => {
  const { results, guarded } = await run(checkout, mode, join(logs, mode));
  expect([...results.keys()]).toEqual(titles);
  expect(guarded).toBe(mode === 'off' ? 0 : guardedRequests);
  return titles.filter((title) => results.get(title)?.outcome !== 'passed');
};

describe('A suite that is run with a breaker first', { timeout: 60_000 }, () => {
  beforeAll(build, 120_000);

  it('is named by its package and its major version', () => {
    expect(checkout.name).toBe('fixture@1');
  });

  it.each(['off', 'shadow'] as const)('passes as it is with the breaker %s', async (mode) => {
    expect(await failing(mode)).toEqual([]);
  });

  it('fails under `enforce` where it expects a 5xx, whatever host makes the application', async () => {
    expect(await failing('enforce')).toEqual(hosts.map((host) => `${host} answers 502`));
  });
});
