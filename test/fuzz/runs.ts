import { env } from 'node:process';
import fc from 'fast-check';
import { afterAll } from 'vitest';
import type { Program } from './commands.ts';
import { type Ask, asks } from './exchange.ts';
import type { Rig } from './servers.ts';

const { FUZZ_RUNS, FUZZ_SEED = FUZZ_RUNS === undefined ? '1' : undefined } = env;

/** Few, and always the same, in every run of the tests; `FUZZ_RUNS=20000` looks for new ones, and `FUZZ_SEED` for those of a failure. */
const numRuns = Number(FUZZ_RUNS ?? 25);
const usual = { numRuns, ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }) };

/** Milliseconds that a test may take, on a busy machine. */
export const timeout = 30_000 + numRuns * 500;

/** Tries an experiment with many requests and programs. What fails prints its seed and its smallest case. */
export function tryAll(
  programs: fc.Arbitrary<Program>,
  experiment: (ask: Ask, program: Program) => Promise<void>,
  parameters: fc.Parameters<[Ask, Program]> = usual,
): Promise<void> {
  return fc.assert(fc.asyncProperty(asks, programs, experiment), { timeout: 20_000, ...parameters });
}

/** Gives a test file what starts its servers; they are closed in the end. */
export function useRigs(): (rig: Rig) => Promise<Rig> {
  const rigs: Rig[] = [];
  afterAll(() => {
    for (const rig of rigs) rig.close();
  });
  return (rig) => {
    rigs.push(rig);
    return rig.listen();
  };
}
