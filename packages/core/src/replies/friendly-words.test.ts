import { describe, expect, it } from 'vitest';
import { OptionsError } from '../errors.ts';
import { fallbackReasons } from '../metadata.ts';
import { type FriendlyWords, friendlySpeaker } from './friendly-words.ts';

const speak = friendlySpeaker('AI assistant');
const own = (words: FriendlyWords, retryAfterMs?: number) =>
  friendlySpeaker('Search', words)({ reason: 'circuit_open', retryAfterMs }, { lang: 'fr' });

describe('friendlySpeaker', () => {
  it('names the time while the circuit is open', () => {
    expect(speak({ reason: 'circuit_open', retryAfterMs: 27_300 }, {})).toBe(
      'AI assistant is temporarily unavailable. Please try again in 28 seconds.',
    );
    expect(speak({ reason: 'circuit_open', retryAfterMs: 400 }, {})).toContain('in 1 second.');
  });

  it('names no time that is not known, and none when forced open', () => {
    const later = 'AI assistant is temporarily unavailable. Please try again later.';
    expect(speak({ reason: 'circuit_open', retryAfterMs: undefined }, {})).toBe(later);
    expect(speak({ reason: 'forced_open', retryAfterMs: 5000 }, {})).toBe(later);
  });

  it('asks for a few moments when rate limited', () => {
    expect(speak({ reason: 'rate_limited', retryAfterMs: 5000 }, {})).toBe(
      'AI assistant is experiencing high demand. Please try again in a few moments.',
    );
  });

  it('never asks to try again what may have been begun', () => {
    for (const reason of ['failure', 'timeout'] as const)
      expect(speak({ reason, retryAfterMs: 5000 }, {})).toBe(
        "AI assistant is temporarily unavailable. We're working on it.",
      );
  });

  it('has words for every reason, also for one that it does not know', () => {
    for (const reason of [...fallbackReasons, 'new' as never, 'constructor' as never])
      expect(speak({ reason, retryAfterMs: undefined }, {})).toMatch(/^AI assistant is .+\.$/);
  });

  it('calls a service without a name "This service"', () => {
    expect(friendlySpeaker()({ reason: 'failure', retryAfterMs: undefined }, {})).toMatch(/^This service is/);
  });

  it('fills in templates', () => {
    expect(own({ open: '{service} ruht; in {time} ({seconds}).' }, 1000)).toBe('Search ruht; in 1 second (1).');
    expect(friendlySpeaker('$& {time}', { failed: '{service}' })({ reason: 'failure', retryAfterMs: 1 }, {})).toBe(
      '$& {time}',
    );
  });

  it('gives way to the built-in words when a template wants a time that is not known', () => {
    expect(own({ open: 'In {time}.' })).toBe('Search is temporarily unavailable. Please try again later.');
  });

  it("calls functions with the facts and the host's object", () => {
    expect(own({ open: (facts, native) => JSON.stringify([facts, native]) }, 1500)).toBe(
      '[{"service":"Search","reason":"circuit_open","seconds":2},{"lang":"fr"}]',
    );
  });

  it('gives way to the built-in words when a function throws, rejects, or says nothing', async () => {
    const bad = [
      () => {
        throw new Error('words');
      },
      async () => {
        throw new Error('unhandled');
      },
      // biome-ignore lint/suspicious/noThenProperty: the thing under test
      () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('unhandled')) }),
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: the thing under test
        get then() {
          throw new Error('then');
        },
      }),
      () => '',
      () => 7,
      () => undefined,
    ];
    for (const open of bad) expect(own({ open: open as never })).toMatch(/^Search is temporarily/);
    await new Promise(setImmediate);
  });

  it('refuses at start-up what cannot be right', () => {
    expect(() => friendlySpeaker('')).toThrow(OptionsError);
    expect(() => friendlySpeaker('S', { opened: 'x' } as never)).toThrow('the nearest is `open`');
    expect(() => friendlySpeaker('S', { open: 7 } as never)).toThrow(OptionsError);
    expect(() => friendlySpeaker('S', { failed: '{servcie} is down' })).toThrow('`{servcie}`');
  });
});
