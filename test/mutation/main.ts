/**
 * Mutation testing of the circuit's folder: changes it in some two thousand small ways and runs its tests on each. Every
 * change that no test notices stands in `survivors.json` with the reason why none could.
 *
 * It takes about a quarter of an hour, so it is no part of `npm test`. `pnpm run mutate machine window` does two files alone.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { compared, type Listed, mutantOf, type Status, shown } from './survivors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = 'packages/core/src/circuit';

const wanted = process.argv.slice(2);
const files = globSync(`${folder}/*.ts`, { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .filter((file) => wanted.length === 0 || wanted.includes(basename(file, '.ts')));
const listed: Listed = JSON.parse(readFileSync(new URL('survivors.json', import.meta.url), 'utf8'));

process.chdir(root);
const results = await new Stryker({
  mutate: files,
  testRunner: 'vitest',
  plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'))],
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 5_000,
  timeoutFactor: 2,
  reporters: ['progress-append-only'],
  ignorePatterns: ['dist', 'examples', 'packages/express', 'packages/koa'],
  // It reads this with an interface that TypeScript 7 no longer has; what runs from source needs none.
  tsconfigFile: 'none',
  allowConsoleColors: false,
}).runMutationTest();

const mutants = results.map((result) => {
  const path = files.find((each) => result.fileName.endsWith(each))!;
  return mutantOf(basename(path), readFileSync(join(root, path), 'utf8'), result);
});
const { unlisted, stale } = compared(
  mutants,
  listed,
  files.map((file) => basename(file)),
);
const count = (...statuses: Status[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
for (const mutant of unlisted) console.error(`Survived without a reason, ${shown(mutant)}`);
for (const mutant of stale) console.error(`Listed, and does not survive, ${shown(mutant)}`);
console.info(
  `${mutants.length} mutants: ${count('Killed')} killed, ${count('Timeout')} timed out, ` +
    `${count('RuntimeError', 'CompileError')} did not run, ${count('Survived', 'NoCoverage')} survived, ` +
    `${unlisted.length} of them without a reason; ${stale.length} are listed in vain.`,
);
process.exitCode = unlisted.length + stale.length > 0 ? 1 : 0;
