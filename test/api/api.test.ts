import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build.ts';
import { ledger, ledgerFile, packages } from './ledger.ts';

beforeAll(build);

describe('the public API', () => {
  it.each(packages)('of @brownout/%s is as it is written down', async (folder) => {
    const written = await readFile(ledgerFile(folder), 'utf8').catch(() => '');
    expect(ledger(folder), 'The public API has changed. If it was meant to: `pnpm run api`, and commit.').toBe(written);
  });
});
