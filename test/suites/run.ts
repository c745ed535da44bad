import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import type { Mode } from './modes.ts';
import { guardedRequests, type Results, readResults, resultsVariable } from './results.ts';

/** A prepared checkout: its dependencies are installed, and what must be built is. */
export interface Checkout {
  readonly folder: string;
  /** Its package, with the major version. */
  readonly name: string;
  /** What runs its tests. */
  readonly command: string;
}

export function checkoutIn(folder: string, command: string | undefined): Checkout {
  const { name, version, scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { folder, name: `${name ?? basename(folder)}@${version.split('.')[0]}`, command: command ?? scripts.test };
}

const here = import.meta.dirname;
const reporter = (name: string): string => join(here, 'reporters', `${name}.ts`);

/** A suite that hangs is ended by force. */
const longestMs = 600_000;

export interface Run {
  readonly results: Results;
  /** How many requests a breaker stood before. */
  readonly guarded: number;
}

/** Runs the suite once, writing what it prints to `log`. */
export async function run({ folder, command }: Checkout, mode: Mode, log: string): Promise<Run> {
  const file = `${log}.results`;
  const output = openSync(log, 'w');
  const path = [dirname(process.execPath), join(folder, 'node_modules/.bin'), process.env['PATH']].join(':');
  const child = spawn('sh', ['-c', reporting(command)], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...process.env,
      PATH: path,
      NODE_OPTIONS: `--import=${join(here, 'injection.ts')}`,
      INJECTED_BREAKER: mode,
      [resultsVariable]: file,
    },
  });
  const overdue = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), longestMs);
  await once(child, 'close');
  clearTimeout(overdue);
  if (!existsSync(file)) throw new Error(`\`${command}\` told of no test; what it printed is in ${log}`);
  return { results: readResults(file), guarded: guardedRequests(file) };
}

/** The command, made to report to us, by whichever runner it names; the last word on an option counts. */
function reporting(command: string): string {
  if (/\bjest\b/.test(command)) return `${command} --reporters=${reporter('jest')}`;
  if (/\bvitest\b/.test(command)) return `${command} --run --reporter=${reporter('vitest')}`;
  if (/\bmocha\b/.test(command)) return `${command} --no-bail --reporter ${reporter('mocha')}`;
  const own = `--test --test-reporter=${reporter('node')} --test-reporter-destination=stdout`;
  if (/\bnode\b.* --test\b/.test(command)) return command.replace(/ --test(?![-\w])/, ` ${own}`);
  throw new Error(
    `Expected the command to name mocha, jest, vitest or \`node --test\`, got \`${command}\`; give another with --command`,
  );
}
