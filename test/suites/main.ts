/**
 * Runs the test suite of somebody else's package with a breaker put first into every application that it makes, and compares
 * with the same run without. The README beside this file says how.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { build } from '../../build.ts';
import {
  type Difference,
  differences,
  type Expected,
  listedInVain,
  passing,
  unexpected,
  unsteady,
} from './comparison.ts';
import type { Injected, Mode } from './modes.ts';
import { type Checkout, checkoutIn, type Run, run } from './run.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { command: { type: 'string' } } });
if (positionals.length === 0) throw new Error('Expected the path of at least one prepared checkout');
const listed: Expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));

async function tried(checkout: Checkout) {
  const suite = checkout.name;
  const logs = mkdtempSync(join(tmpdir(), 'suites-'));
  console.info(`\n${suite}: ${checkout.folder}, logs in ${logs}`);
  const once = (mode: Mode, name: string = mode) => run(checkout, mode, join(logs, name));
  const bare = outcomes([await once('off'), await once('off', 'off-again')]);

  /** What is not expected is tried again. */
  async function injectedRuns(mode: Injected, expected: Expected[string] | undefined): Promise<Run[]> {
    const first = await once(mode);
    const isRight = unexpected(differences(bare, outcomes([first]), expected)).length === 0;
    return isRight ? [first] : [first, await once(mode, `${mode}-again`)];
  }

  const shadowRuns = await injectedRuns('shadow', undefined);
  const shadow = outcomes(shadowRuns);
  const enforce = outcomes(await injectedRuns('enforce', listed[suite]));
  const inShadow = differences(bare, shadow);
  const inEnforce = differences(bare, enforce, listed[suite]);
  tell('Newly failing in shadow', inShadow);
  tell('Newly failing in enforce, unexpected', unexpected(inEnforce));
  tell(
    'Newly failing in enforce, as listed',
    inEnforce.filter(({ because }) => because !== undefined),
  );
  for (const title of listedInVain(inEnforce, listed[suite])) console.info(`  Listed in vain: ${title}`);
  for (const [mode, runs] of Object.entries({ off: bare, shadow, enforce })) {
    for (const title of unsteady(runs)) console.info(`  Not the same in two runs (${mode}): ${title}`);
  }
  const row = {
    'requests guarded': shadowRuns[0]!.guarded,
    tests: bare[0]!.size,
    off: passing(bare),
    shadow: passing(shadow),
    enforce: passing(enforce),
    'newly failing in shadow': inShadow.length,
    'in enforce': inEnforce.length,
    unexpected: inShadow.length + unexpected(inEnforce).length,
  };
  return [suite, row] as const;
}

const outcomes = (runs: readonly Run[]) => runs.map(({ results }) => results);

function tell(what: string, found: readonly Difference[]): void {
  if (found.length > 0) console.info(`  ${what}:`);
  for (const { title, error, because } of found) {
    console.info(`  - ${title}\n      ${error}${because === undefined ? '' : `\n      listed: ${because}`}`);
  }
}

build();
const rows: Awaited<ReturnType<typeof tried>>[] = [];
for (const folder of positionals) rows.push(await tried(checkoutIn(resolve(folder), values.command)));
console.table(Object.fromEntries(rows));
const isRight = rows.every(([, row]) => row.unexpected === 0 && row['requests guarded'] > 0);
process.exitCode = isRight ? 0 : 1;
