import { type CircuitSnapshot, parseCircuitSnapshot } from './circuit/snapshot.ts';
import { OptionsError } from './errors.ts';
import { shown } from './options.ts';

/** The states of all circuits, as JSON. */
export interface BrownoutSnapshot {
  readonly version: 1;
  readonly circuits: Readonly<Record<string, CircuitSnapshot>>;
}

/** Checks a snapshot, and gives its states by the names of their circuits. @throws OptionsError for anything that is none */
export function parseSetSnapshot(given: unknown): [string, CircuitSnapshot][] {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(given)) throw new OptionsError(`Expected a snapshot to be an object, got ${shown(given)}.`);
  if (given['version'] !== 1)
    throw new OptionsError(`Expected the snapshot's \`version\` to be 1, got ${shown(given['version'])}.`);
  if (!isObject(given['circuits']))
    throw new OptionsError(`Expected the snapshot's \`circuits\` to be an object, got ${shown(given['circuits'])}.`);
  return Object.entries(given['circuits']).map(([name, state]) => [name, parseCircuitSnapshot(name, state)]);
}
