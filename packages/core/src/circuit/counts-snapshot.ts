import { momentOf } from '../clock.ts';
import type { RefusalReason } from '../events.ts';
import { isPlainObject } from '../options.ts';
import type { Moves } from './counts.ts';
import type { Machine } from './machine.ts';
import type { StateName } from './state.ts';

const members = {
  calls: ['success', 'failure', 'ignored', 'slow', 'late'],
  refusedFor: ['circuit_open', 'forced_open', 'overloaded', 'rate_limited'],
  transitions: ['tripped', 'reopened', 'halfOpened', 'closed', 'wouldTrip'],
  stateMs: ['closed', 'open', 'half_open'],
} as const;

/** What a circuit has counted, as JSON: so that the lines of graphs go on after a restart. What its window holds is not in it. */
export interface CountsSnapshot {
  readonly calls: Readonly<Record<(typeof members.calls)[number], number>>;
  readonly refusedFor: Readonly<Record<RefusalReason, number>>;
  readonly transitions: Readonly<Moves>;
  /** Milliseconds. */
  readonly stateMs: Readonly<Record<StateName, number>>;
  /** Milliseconds since the Unix epoch; absent before the first. */
  readonly lastSuccessAt?: number | undefined;
  readonly lastFailureAt?: number | undefined;
}

export function countsSnapshotOf(machine: Machine): CountsSnapshot {
  const { counts, settings } = machine;
  const { success, failure, ignored, slow, late, refusals, moves, lastSuccess, lastFailure } = counts;
  const now = settings.clock.now();
  const wallAt = (moment: number) => settings.clock.wall() - (now - moment);
  return {
    calls: { success, failure, ignored, slow, late },
    refusedFor: { ...refusals },
    transitions: { ...moves },
    stateMs: machine.stateTimes(now),
    ...(Number.isNaN(lastSuccess) ? {} : { lastSuccessAt: wallAt(lastSuccess) }),
    ...(Number.isNaN(lastFailure) ? {} : { lastFailureAt: wallAt(lastFailure) }),
  };
}

/** `undefined` for what is none. A member that another version did not know is 0; one that this version does not know is left out. */
export function parseCounts(given: unknown): CountsSnapshot | undefined {
  if (!isPlainObject(given)) return undefined;
  const parsed: Record<string, unknown> = {};
  for (const [group, names] of Object.entries(members)) {
    const values = given[group] ?? {};
    if (!isPlainObject(values)) return undefined;
    const numbers = names.map((name) => [name, values[name] ?? 0] as const);
    const isTime = group === 'stateMs';
    if (!numbers.every(([, value]) => isCount(value, isTime))) return undefined;
    parsed[group] = Object.fromEntries(numbers);
  }
  for (const name of ['lastSuccessAt', 'lastFailureAt']) {
    if (given[name] !== undefined && !Number.isFinite(given[name])) return undefined;
    parsed[name] = given[name];
  }
  return parsed as unknown as CountsSnapshot;
}

const isCount = (value: unknown, isTime: boolean): boolean =>
  (isTime ? Number.isFinite(value) : Number.isSafeInteger(value)) && (value as number) >= 0;

/** Goes on from what was counted before. Nothing gets less, nor more by the same snapshot again. */
export function resumeCounts(machine: Machine, snapshot: CountsSnapshot): void {
  const { counts } = machine;
  const { clock } = machine.settings;
  for (const name of members.calls) counts[name] = Math.max(counts[name], snapshot.calls[name]);
  counts.refusals = greater(counts.refusals, snapshot.refusedFor);
  counts.moves = greater(counts.moves, snapshot.transitions);
  machine.resumeTimes(snapshot.stateMs);
  const { lastSuccessAt, lastFailureAt } = snapshot;
  if (lastSuccessAt !== undefined) counts.lastSuccess = later(counts.lastSuccess, momentOf(lastSuccessAt, clock));
  if (lastFailureAt !== undefined) counts.lastFailure = later(counts.lastFailure, momentOf(lastFailureAt, clock));
}

/** Keeps the object where nothing is greater: circuits that have counted nothing share one. */
function greater<T extends Readonly<Record<string, number>>>(own: T, others: T): T {
  const names = Object.keys(own).filter((name) => others[name]! > own[name]!);
  if (names.length === 0) return own;
  return { ...own, ...Object.fromEntries(names.map((name) => [name, others[name]])) };
}

const later = (own: number, other: number): number => (Number.isNaN(own) ? other : Math.max(own, other));
