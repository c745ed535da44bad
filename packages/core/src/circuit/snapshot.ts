import { OptionsError } from '../errors.ts';
import { shown } from '../options.ts';
import { closed } from './closed.ts';
import { type CountsSnapshot, countsSnapshotOf, parseCounts } from './counts-snapshot.ts';
import type { Machine } from './machine.ts';
import { failedRoundsAt, open, type State, type StateName } from './state.ts';

/** A circuit's state as JSON, and what it has counted, to carry them across a restart. What its window holds is not in it. */
export interface CircuitSnapshot {
  /** When it was taken: milliseconds since the Unix epoch. */
  readonly at: number;
  readonly state: StateName;
  /** Milliseconds left until it probes; 0 unless it is open. */
  readonly leftMs: number;
  readonly failedRounds: number;
  readonly override?: 'forced_open' | 'disabled' | undefined;
  /** When that was set: milliseconds since the Unix epoch. */
  readonly overrideAt?: number | undefined;
  readonly why?: string | undefined;
  /** Absent where another version took it. */
  readonly counts?: CountsSnapshot | undefined;
}

export function snapshotOf(machine: Machine): CircuitSnapshot {
  const { state, settings, overridden } = machine;
  const now = settings.clock.now();
  const wall = settings.clock.wall();
  return {
    at: wall,
    state: state.kind,
    leftMs: state.kind === 'open' ? Math.max(0, state.until - now) : 0,
    failedRounds: failedRoundsAt(state, now, settings),
    ...(overridden && { override: overridden.mode, overrideAt: wall - (now - overridden.since) }),
    ...(overridden?.why !== undefined && { why: overridden.why }),
    counts: countsSnapshotOf(machine),
  };
}

/**
 * Checks what `snapshot` made, after a way through JSON and somebody's storage.
 *
 * @throws OptionsError that names what is wrong
 */
export function parseCircuitSnapshot(name: string, given: unknown): CircuitSnapshot {
  const fail = (what: string, value: unknown): never => {
    throw new OptionsError(`Expected the snapshot of \`${name}\` to have ${what}, got ${shown(value)}.`);
  };
  if (typeof given !== 'object' || given === null)
    throw new OptionsError(`Expected the snapshot of \`${name}\` to be an object, got ${shown(given)}.`);
  const { at, state, leftMs, failedRounds, override, overrideAt, why, counts } = given as Record<string, unknown>;
  if (!Number.isFinite(at)) fail('a number `at`', at);
  if (state !== 'closed' && state !== 'open' && state !== 'half_open') fail('a `state` of a circuit', state);
  if (!Number.isFinite(leftMs) || (leftMs as number) < 0) fail('a duration `leftMs`', leftMs);
  if (!Number.isSafeInteger(failedRounds) || (failedRounds as number) < 0) fail('a count `failedRounds`', failedRounds);
  if (override !== undefined && override !== 'forced_open' && override !== 'disabled')
    fail('an `override` of `forced_open` or `disabled`', override);
  if (overrideAt !== undefined && !Number.isFinite(overrideAt)) fail('a number `overrideAt`', overrideAt);
  if (why !== undefined && typeof why !== 'string') fail('a string `why`', why);
  const counted = counts === undefined ? undefined : (parseCounts(counts) ?? fail('`counts` of a circuit', counts));
  const parsed = { at, state, leftMs, failedRounds, override, overrideAt, why, counts: counted };
  return Object.freeze(parsed) as CircuitSnapshot;
}

/**
 * The state that a snapshot stands for now. The time that the process was down counts; a wall clock that was set back
 * meanwhile lengthens nothing. Half-open is open with its time over.
 */
export function stateOf(snapshot: CircuitSnapshot, { settings }: Machine): State {
  const { clock, resetTimeoutMaxMs } = settings;
  const now = clock.now();
  if (snapshot.state === 'closed') return closed(now, snapshot.failedRounds, settings);
  const down = Math.max(0, clock.wall() - snapshot.at);
  const left = Math.min(Math.max(0, snapshot.leftMs - down), resetTimeoutMaxMs);
  return open(now, now + left, snapshot.failedRounds);
}
