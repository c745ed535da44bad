import { OptionsError } from '../errors.ts';
import { isPlainObject, shown } from '../options.ts';
import { type CircuitOptions, circuitSettings } from './circuit-options.ts';

export const hasOptions = (options: CircuitOptions): boolean => Object.keys(options).length > 0;

/** Refuses other options than those that a circuit was made with. @throws OptionsError */
export function expectSame(name: string, made: CircuitOptions, given: CircuitOptions, defaults: CircuitOptions): void {
  const [before, now] = [made, given].map((own) => circuitSettings({ ...defaults, ...own }));
  for (const option of Object.keys(before!) as (keyof CircuitOptions)[]) {
    if (isSame(before![option], now![option])) continue;
    throw new OptionsError(
      `The circuit \`${name}\` exists with another \`${option}\`: ${shown(before![option])}, not ${shown(now![option])}. Name it without options to share it.`,
    );
  }
}

/** Options hold numbers, functions, lists of classes, and plain objects of those. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => item === b[i]);
  if (!isPlainObject(a) || !isPlainObject(b)) return Object.is(a, b);
  return Object.keys({ ...a, ...b }).every((key) => isSame(a[key], b[key]));
}
