import { expect } from 'vitest';
import type { Program } from './commands.ts';
import { type Ask, exchange, type Outcome } from './exchange.ts';
import type { Rig } from './servers.ts';

/**
 * Expects of a guarded server what a bare one does: the bytes, the events, what calls return and throw, the next request on the
 * connection. A difference that does not come again is the machine's: bytes may take a turn longer.
 */
export async function expectSame(
  bare: Rig,
  guarded: Rig,
  ask: Ask,
  program: Program,
  { by = exchange, unless }: { by?: typeof exchange; unless?: (bare: Outcome) => boolean } = {},
): Promise<Outcome> {
  for (let tries = 2; ; tries--) {
    const expected = await by(bare, ask, program);
    if (unless?.(expected)) return expected;
    const actual = await by(guarded, ask, program);
    const isSame = JSON.stringify(seen(actual)) === JSON.stringify(seen(expected));
    if (!isSame && tries === 0) expect(seen(actual)).toEqual(seen(expected));
    if (isSame || tries === 0) return actual;
  }
}

const seen = ({ wire, answered, closed, trace }: Outcome) => ({ wire, answered, closed, trace });
