import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { OptionsError } from '../errors.ts';
import { Circuit } from './circuit.ts';
import { circuitSettings, parseCircuitOptions } from './circuit-options.ts';

const made = (options: unknown) => new Circuit('c', options as never);

describe('the options of a circuit', () => {
  it('have the documented defaults', () => {
    expect(circuitSettings({})).toMatchObject({
      failureThreshold: 5,
      failureRateThreshold: 0.5,
      minimumCalls: 10,
      slowCallMs: false,
      windowMs: 60_000,
      windowCalls: undefined,
      resetTimeoutMs: 30_000,
      resetBackoff: 2,
      resetTimeoutMaxMs: 300_000,
      jitter: 0.1,
      halfOpenMaxCalls: 1,
      successThreshold: 2,
      halfOpenFailureTolerance: 0,
      probeLeaseMs: 60_000,
      mode: 'enforce',
      maxConcurrent: undefined,
      timeoutMs: 0,
    });
    expect(circuitSettings({}).slowCallRateThreshold).toBe(false);
    expect(circuitSettings({})).toMatchObject({ clock: systemClock, random: Math.random });
    const random = () => 0;
    expect(circuitSettings({ random }).random).toBe(random);
    expect(circuitSettings({ slowCallMs: 5 }).slowCallRateThreshold).toBe(1);
    expect(circuitSettings({ timeoutMs: 500 }).probeLeaseMs).toBe(1_000);
    expect(circuitSettings({ windowCalls: 4 }).minimumCalls).toBe(4);
    expect(circuitSettings({ resetTimeoutMaxMs: 100 }).resetTimeoutMs).toBe(100);
  });

  it.each([
    ['failureThreshold', 0],
    ['failureThreshold', 1.5],
    ['failureThreshold', true],
    ['failureRateThreshold', 0],
    ['failureRateThreshold', 1.01],
    ['minimumCalls', 0],
    ['minimumCalls', false],
    ['slowCallMs', -1],
    ['slowCallRateThreshold', '0.5'],
    ['windowMs', 0],
    ['windowCalls', 0],
    ['windowCalls', 1_000_001],
    ['resetTimeoutMs', Number.POSITIVE_INFINITY],
    ['resetTimeoutMs', '30000'],
    ['resetBackoff', 0.9],
    ['resetTimeoutMaxMs', Number.NaN],
    ['jitter', -0.1],
    ['jitter', 1.1],
    ['halfOpenMaxCalls', 0],
    ['successThreshold', 0],
    ['halfOpenFailureTolerance', -1],
    ['probeLeaseMs', 0],
    ['probeLeaseMs', null],
    ['classify', 'failure'],
    ['classify', { success: [Error] }],
    ['classify', { failure: Error }],
    ['classify', { ignore: ['Error'] }],
    ['classify', { failure: [Error, 'Error'] }],
    ['classify', { failure: [Error], success: [Error] }],
    ['mode', 'forced_open'],
    ['maxConcurrent', 0],
    ['timeoutMs', -1],
    ['clock', Date],
    ['clock', { now: Math.random }],
    ['clock', { wall: Math.random }],
    ['random', 0.5],
  ])('refuse `%s: %s`, naming the option', (name, value) => {
    expect(() => made({ [name]: value })).toThrow(OptionsError);
    expect(() => made({ [name]: value })).toThrow(`\`${name}\``);
  });

  it.each([
    ['failureThreshold', 1],
    ['failureThreshold', false],
    ['failureRateThreshold', 1],
    ['failureRateThreshold', false],
    ['slowCallMs', 0],
    ['slowCallRateThreshold', false],
    ['windowMs', 0.5],
    ['resetTimeoutMs', 0],
    ['resetBackoff', 1],
    ['jitter', 0],
    ['jitter', 1],
    ['halfOpenFailureTolerance', 0],
    ['classify', { failure: [Error] }],
    ['classify', () => 'success'],
    ['timeoutMs', 0],
    ['windowMs', undefined],
  ])('take `%s: %s`', (name, value) => {
    expect(() => made({ [name]: value })).not.toThrow();
  });

  it.each([
    ['failureThreshold', 0, 'a whole number from 1, or false, got `0` (number).'],
    ['windowCalls', 2 ** 53 - 1, 'a whole number from 1 to 1000000, got `9007199254740991` (number).'],
    ['jitter', 2, 'a number from 0 to 1, got `2` (number).'],
    ['classify', [], 'a function, or `{ failure, ignore }` with arrays of error classes, got an array of 0.'],
    ['clock', {}, 'a clock: an object with the functions `now` and `wall`, got an object.'],
  ])('say what `%s` may be instead of %j', (name, value, may) => {
    expect(() => made({ [name]: value })).toThrow(`Expected \`${name}\` to be ${may}`);
  });

  it('refuse what contradicts itself', () => {
    expect(() => made({ slowCallRateThreshold: 0.5 })).toThrow('`slowCallRateThreshold` requires `slowCallMs`.');
    expect(() => made({ resetTimeoutMs: 300_001 })).toThrow('at most `resetTimeoutMaxMs`');
    expect(() => made({ minimumCalls: 11, windowCalls: 10 })).toThrow('at most `windowCalls`');
    expect(() => made({ minimumCalls: 10, windowCalls: 10 })).not.toThrow();
  });

  it('refuse an unknown option, and name the nearest', () => {
    expect(() => made({ failureTreshold: 3 })).toThrow(
      '`Circuit` has no option `failureTreshold`; the nearest is `failureThreshold`.',
    );
    expect(() => made({}).update({ jiter: 0 } as never)).toThrow('`update` has no option `jiter`');
  });

  it('are copied: what the caller changes later changes nothing', () => {
    const failure = [RangeError];
    const parsed = parseCircuitOptions('test', { classify: { failure } });
    failure.push(TypeError as never);
    expect(parsed.classify).toEqual({ failure: [RangeError] });
    expect(Object.isFrozen(circuitSettings(parsed))).toBe(true);
  });

  it.each(['', 7, undefined, null, 'a\ud800'])('go with a name; `%s` is none', (name) => {
    expect(() => new Circuit(name as string)).toThrow(OptionsError);
  });

  it('allow any name that a header can carry in some form', () => {
    for (const name of ['GET /übersicht/:id', 'line\nbreak', '\u0000', '😀']) expect(new Circuit(name).name).toBe(name);
  });
});
