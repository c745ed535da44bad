import { describe, expect, it } from 'vitest';
import { createBrownout } from '../brownout.ts';
import { Circuit } from '../circuit/circuit.ts';
import { OptionsError } from '../errors.ts';
import { Guard } from './guard.ts';

const make = (options: unknown) => new Guard('breaker', options as never);
const refused: [string, unknown, string][] = [
  ['an unknown option', { timeoutMS: 5 }, '`breaker` has no option `timeoutMS`; the nearest is `timeoutMs`.'],
  [
    'an unknown one of the circuit',
    { failureTreshold: 5 },
    '`breaker` has no option `failureTreshold`; the nearest is `failureThreshold`.',
  ],
  ['options that are no object', 5, 'Expected the options of `breaker` to be a plain object, got `5` (number).'],
  [
    'a number as text',
    { timeoutMs: '5' },
    'Expected `timeoutMs` to be a finite number of milliseconds, not negative, got `"5"` (string).',
  ],
  [
    'null',
    { timeoutMs: null },
    'Expected `timeoutMs` to be a finite number of milliseconds, not negative, got `null`.',
  ],
  [
    'NaN',
    { resetTimeoutMs: Number.NaN },
    'Expected `resetTimeoutMs` to be a finite number of milliseconds, not negative, got `NaN` (number).',
  ],
  [
    'Infinity',
    { windowMs: Infinity },
    'Expected `windowMs` to be a finite number of milliseconds above 0, got `Infinity` (number).',
  ],
  [
    'a share above 1',
    { failureRateThreshold: 1.5 },
    'Expected `failureRateThreshold` to be a number above 0 and at most 1, or false, got `1.5` (number).',
  ],
  [
    'a count below 1',
    { halfOpenMaxCalls: 0 },
    'Expected `halfOpenMaxCalls` to be a whole number from 1, got `0` (number).',
  ],
  [
    'a mode that is none',
    { mode: 'off' },
    'Expected `mode` to be one of "enforce", "shadow", "disabled", got `"off"` (string).',
  ],
  ['a contradiction', { slowCallRateThreshold: 0.5 }, '`slowCallRateThreshold` requires `slowCallMs`.'],
  [
    'two limits the wrong way round',
    { resetTimeoutMs: 10, resetTimeoutMaxMs: 5 },
    'Expected `resetTimeoutMs` to be at most `resetTimeoutMaxMs`, got 10 and 5.',
  ],
  [
    'a reason that is none',
    { degradeOn: ['late'] },
    'Expected `degradeOn` to be an array of reasons (circuit_open, forced_open, timeout, failure, rate_limited, overloaded, drill), got an array of 1.',
  ],
  [
    'a tier that is none',
    { fallback: [{ name: 'x' }] },
    'Expected `fallback[0].answer` to be a function, got `undefined` (undefined).',
  ],
  ['fallback: true', { fallback: true }, 'Expected `fallback` to be an array, or false, got `true` (boolean).'],
  [
    'a limit of a stream',
    { stream: { idleMs: -1 } },
    'Expected `idleMs` to be a finite number of milliseconds, not negative, got `-1` (number).',
  ],
  ['an unknown limit of a stream', { stream: { idle: 1 } }, '`stream` has no option `idle`; the nearest is `idleMs`.'],
  [
    'a circuit that is none',
    { circuit: '' },
    'Expected `circuit` to be a name (a string that is not empty) or a `Circuit`, got `""` (string).',
  ],
  [
    'a name that no header can carry',
    { circuit: 'a\ud800' },
    'Expected `name` to be a string that is not empty and has no lone surrogates, got `"a\\ud800"` (string).',
  ],
  [
    'a key of the table',
    { routes: { 'post /ask': {} } },
    'Expected each key of `routes` to be a method and a pattern, such as `POST /ask/:id`, got `"post /ask"` (string).',
  ],
  [
    'a pattern that does not compile',
    { routes: { 'GET /a/:': {} } },
    'Expected each key of `routes` to be a method and a pattern, such as `POST /ask/:id`, got `"GET /a/:"` (string).',
  ],
  [
    'a row that is none',
    { routes: { '/a': true } },
    "Expected `routes['/a']` to be a plain object, or false, got `true` (boolean).",
  ],
  [
    'an option of a row',
    { routes: { '/a': { timeoutMs: -1 } } },
    'Expected `timeoutMs` to be a finite number of milliseconds, not negative, got `-1` (number).',
  ],
  [
    'what a row cannot have',
    { routes: { '/a': { skip: () => true } } },
    '`skip` belongs to the whole breaker, not to the row `/a` of `routes`.',
  ],
  [
    'options of a circuit that is made already',
    { circuit: new Circuit('a'), failureThreshold: 2 },
    '`circuit` is a `Circuit` that is made already, so `failureThreshold` would change nothing; give it where the circuit is made.',
  ],
  ['a drill of nothing', { drill: {} }, '`drill` requires a `rate`, a `header`, or both.'],
  [
    'a share that is none',
    { drill: { rate: 0 } },
    'Expected `rate` to be a number above 0 and at most 1, got `0` (number).',
  ],
  [
    'an option that a drill has not',
    { drill: { share: 0.1 } },
    '`drill` has no option `share`; the nearest is `rate`.',
  ],
  [
    'a secret that is short, which is not shown',
    { drill: { header: { value: 'fifteen-letters' } } },
    'Expected `drill.header.value` to be a secret of 16 or more visible ASCII characters, got a string of 15.',
  ],
  [
    'a secret with a space, which a server may cut off',
    { drill: { header: { value: 'a secret of 20 chars' } } },
    'Expected `drill.header.value` to be a secret of 16 or more visible ASCII characters, got a string of 20.',
  ],
  [
    'a header without a secret',
    { drill: { header: { name: 'X-Drill' } } },
    'Expected `drill.header.value` to be a secret of 16 or more visible ASCII characters, got undefined.',
  ],
  ...['Authorization', 'cookie', 'Accept-Language', 'a b', ''].map((name): [string, unknown, string] => [
    `the header \`${name}\` for a drill`,
    { drill: { header: { name, value: '0123456789abcdef' } } },
    `Expected \`name\` to be the name of a header that is used for nothing else, such as \`Brownout-Drill\`, got \`"${name}"\` (string).`,
  ]),
  [
    'a drill without tiers',
    { drill: { rate: 1 }, fallback: false },
    '`drill` tries the tiers, and `fallback: false` says that there are none.',
  ],
  [
    'a drill that no tier answers',
    { drill: { rate: 1 }, degradeOn: ['circuit_open'] },
    '`drill` requires the reason `drill` in `degradeOn`: no tier would answer.',
  ],
  [
    'a drill in a row of a breaker without tiers',
    { fallback: false, routes: { '/a': { drill: { rate: 1 } } } },
    '`drill` tries the tiers, and `fallback: false` says that there are none.',
  ],
];

describe('Options of breaker', () => {
  it.each(refused)('refuse %s', (_, options, message) => {
    expect(() => make(options)).toThrow(new OptionsError(message));
  });

  it('refuse the same name with other options', () => {
    const brownout = createBrownout();
    make({ brownout, circuit: 'llm', failureThreshold: 3 });
    make({ brownout, circuit: 'llm' });
    make({ brownout, circuit: 'llm', failureThreshold: 3, timeoutMs: 5 });
    expect(() => make({ brownout, circuit: 'llm', failureThreshold: 4 })).toThrow(OptionsError);
  });

  it('make a named circuit when the middleware is made', () => {
    const brownout = createBrownout();
    make({ brownout, circuit: 'llm', routes: { 'POST /ask': {} } });
    expect([...brownout.circuits.keys()].sort()).toEqual(['POST /ask', 'llm']);
  });

  it('are copied: changing them later changes nothing', () => {
    const options = { brownout: createBrownout(), circuit: 'llm', degradeOn: ['timeout'] };
    const guard = make(options);
    options.degradeOn.push('nonsense');
    expect(guard).toBeInstanceOf(Guard);
  });

  it('let a row go without the drill, or without the tiers, of its breaker', () => {
    const rows = { '/a': { drill: false }, '/b': { fallback: false }, '/c': { degradeOn: ['timeout'] } };
    expect(() => make({ brownout: createBrownout(), drill: { rate: 0.5 }, routes: rows })).not.toThrow();
  });

  it('take undefined for the default', () => {
    const undefineds = { brownout: undefined, circuit: undefined, timeoutMs: undefined, fallback: undefined };
    expect(() => make({ ...undefineds, brownout: createBrownout() })).not.toThrow();
  });
});
