import type { CircuitSource } from './circuit-source.ts';
import type { Deadlines } from './deadlines.ts';
import type { Drill } from './drill.ts';
import type { Fallbacks } from './fallbacks.ts';

/** How one route is guarded. */
export interface Policy<Native> {
  readonly timeoutMs: number;
  /** Those of `timeoutMs`; `undefined` without one. */
  readonly deadlines: Deadlines | undefined;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly fallbacks: Fallbacks<Native>;
  /** `undefined` where none is held. */
  readonly drill: Drill | undefined;
  readonly circuits: CircuitSource<Native>;
}
