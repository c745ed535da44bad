import { OptionsError } from './errors.ts';

/** What an option's value must be: the words of the message, and the test. `undefined` never reaches the test: it is the default. */
export interface OptionRule {
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
}

export type OptionRules<T> = { readonly [K in keyof Required<T>]: OptionRule };

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
/** `{}` and its like, of whatever realm: test runners make objects in realms of their own. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const rule = (expected: string, test: (value: unknown) => boolean): OptionRule => ({ expected, test });

/** The rules that options share. */
export const rules = {
  rule,
  /** `most`: for what takes memory by the number that is asked for. */
  count: (from = 1, most = Number.MAX_SAFE_INTEGER): OptionRule =>
    rule(
      `a whole number from ${from}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`,
      (value) => Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= most,
    ),
  share: (from: 'above 0' | 'from 0' = 'above 0'): OptionRule =>
    from === 'above 0'
      ? rule('a number above 0 and at most 1', (value) => isFiniteNumber(value) && value > 0 && value <= 1)
      : rule('a number from 0 to 1', (value) => isFiniteNumber(value) && value >= 0 && value <= 1),
  atLeast: (least: number): OptionRule =>
    rule(`a number of at least ${least}`, (value) => isFiniteNumber(value) && value >= least),
  duration: rule('a finite number of milliseconds, not negative', (value) => isFiniteNumber(value) && value >= 0),
  durationAbove0: rule('a finite number of milliseconds above 0', (value) => isFiniteNumber(value) && value > 0),
  boolean: rule('true or false', (value) => typeof value === 'boolean'),
  text: rule('a string that is not empty', (value) => typeof value === 'string' && value !== ''),
  fn: rule('a function', (value) => typeof value === 'function'),
  plainObject: rule('a plain object', isPlainObject),
  array: rule('an array', Array.isArray),
  oneOf: (...values: readonly (string | boolean | number)[]): OptionRule =>
    rule(`one of ${values.map((value) => JSON.stringify(value)).join(', ')}`, (value) =>
      values.includes(value as never),
    ),
  or: (...choices: readonly OptionRule[]): OptionRule =>
    rule(choices.map((choice) => choice.expected).join(', or '), (value) =>
      choices.some((choice) => choice.test(value)),
    ),
  any: rule('anything', () => true),
} as const;

/** `"5"` (string), `[object]`: the value as the message shows it, short whatever it is. */
export function shown(value: unknown): string {
  if (value === null) return '`null`';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object') return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return `\`${text.length > 80 ? `${text.slice(0, 79)}…` : text}\` (${typeof value})`;
}

/** Throws `OptionsError` with the option, the rule and the value. */
export function expectOption(name: string, value: unknown, { expected, test }: OptionRule): void {
  if (!test(value)) throw new OptionsError(`Expected \`${name}\` to be ${expected}, got ${shown(value)}.`);
}

/**
 * Checks `given` against `rules` and returns a copy without the options that are `undefined`. What the caller passed is not
 * kept, so that changing it later changes nothing.
 *
 * @throws OptionsError for something that is no plain object, an unknown option (naming the nearest known one), and a bad value
 */
export function parseOptions<T extends object>(of: string, given: unknown, known: OptionRules<T>): Partial<T> {
  if (given === undefined) return {};
  if (!isPlainObject(given))
    throw new OptionsError(`Expected the options of \`${of}\` to be a plain object, got ${shown(given)}.`);
  const parsed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name)) throw new OptionsError(unknownOption(of, name, Object.keys(known)));
    if (value === undefined) continue;
    expectOption(name, value, known[name as keyof T]);
    parsed[name] = value;
  }
  return parsed as Partial<T>;
}

function unknownOption(of: string, name: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .reduce((best, next) => (next.distance < best.distance ? next : best));
  return `\`${of}\` has no option \`${name}\`; the nearest is \`${nearest.candidate}\`.`;
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
