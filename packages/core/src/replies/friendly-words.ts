import { OptionsError } from '../errors.ts';
import type { FallbackReason } from '../metadata.ts';
import { expectOption, type OptionRules, parseOptions, rules } from '../options.ts';
import { ignore } from '../tiers/thenable.ts';
import { type FallbackFacts, retryAfterSeconds } from './fallback-metadata.ts';

/** What a phrase can speak of. */
export interface FriendlyFacts {
  readonly service: string;
  readonly reason: FallbackReason;
  /** Whole seconds until a retry makes sense; `undefined` when that is not known. */
  readonly seconds: number | undefined;
}

/**
 * A sentence or two: a template in which `{service}`, `{seconds}` (28) and `{time}` ("28 seconds", "1 second") are filled in, or a
 * function. What it is called with after the facts is the host's own object, to speak the client's language. A template that
 * wants a time when none is known, a throw, and anything but a text that is not empty give way to the built-in words.
 */
export type FriendlyPhrase<Native = unknown> = string | ((facts: FriendlyFacts, native: Native) => string);

/** The words by reason; each that is missing is built in. */
export interface FriendlyWords<Native = unknown> {
  /** `circuit_open`, `forced_open` and `drill`. */
  readonly open?: FriendlyPhrase<Native>;
  readonly rateLimited?: FriendlyPhrase<Native>;
  /** `failure` and `timeout`: never ask to try again here, for the work may have been begun. */
  readonly failed?: FriendlyPhrase<Native>;
  readonly overloaded?: FriendlyPhrase<Native>;
}

type Occasion = keyof FriendlyWords;

const occasions: Record<FallbackReason, Occasion> = {
  circuit_open: 'open',
  forced_open: 'open',
  drill: 'open',
  rate_limited: 'rateLimited',
  overloaded: 'overloaded',
  timeout: 'failed',
  failure: 'failed',
};

const builtIn: Record<Occasion, (facts: FriendlyFacts) => string> = {
  open: ({ service, seconds }) =>
    `${service} is temporarily unavailable. Please try again ${seconds === undefined ? 'later' : `in ${inWords(seconds)}`}.`,
  rateLimited: ({ service }) => `${service} is experiencing high demand. Please try again in a few moments.`,
  overloaded: ({ service }) => `${service} is handling as much as it can. Please try again in a few moments.`,
  failed: ({ service }) => `${service} is temporarily unavailable. We're working on it.`,
};

const phrase = rules.or(rules.text, rules.fn);
const wordsRules: OptionRules<FriendlyWords> = {
  open: phrase,
  rateLimited: phrase,
  failed: phrase,
  overloaded: phrase,
};

/** Says what happened, in friendly words. Never throws. */
export type Speaker<Native = unknown> = (
  facts: Pick<FallbackFacts, 'reason' | 'retryAfterMs'> & { readonly service?: string | undefined },
  native: Native,
) => string;

/**
 * Prepares the words for one service: `own`, or the one that the facts name.
 *
 * @throws OptionsError for a name of the service that is no text, an unknown occasion, or a template with an unknown placeholder
 */
export function friendlySpeaker<Native>(own?: string, words?: FriendlyWords<Native>): Speaker<Native> {
  if (own !== undefined) expectOption('service', own, rules.text);
  const given = parseOptions<FriendlyWords<Native>>('words', words, wordsRules);
  for (const [occasion, template] of Object.entries(given))
    if (typeof template === 'string') checkTemplate(occasion, template);
  return ({ reason, retryAfterMs, service = 'This service' }, native) => {
    const occasion = Object.hasOwn(occasions, reason) ? occasions[reason] : 'failed';
    const seconds = reason === 'forced_open' ? undefined : retryAfterSeconds(retryAfterMs);
    const facts = { service: own ?? service, reason, seconds };
    return (occasion in given && ownWords(given[occasion]!, facts, native)) || builtIn[occasion](facts);
  };
}

function ownWords<Native>(own: FriendlyPhrase<Native>, facts: FriendlyFacts, native: Native): string | undefined {
  if (typeof own === 'string') return filledIn(own, facts);
  try {
    const said: unknown = own(facts, native);
    // An async function is a mistake here; its rejection would end the process.
    ignore(said);
    return typeof said === 'string' ? said : undefined;
  } catch {
    return undefined;
  }
}

const placeholders = /\{(\w+)\}/g;

function filledIn(template: string, { service, seconds }: FriendlyFacts): string | undefined {
  if (seconds === undefined && /\{(?:seconds|time)\}/.test(template)) return undefined;
  return template.replace(placeholders, (_, name) =>
    name === 'service' ? service : name === 'time' ? inWords(seconds!) : String(seconds),
  );
}

function checkTemplate(occasion: string, template: string): void {
  for (const [placeholder, name] of template.matchAll(placeholders)) {
    if (name !== 'service' && name !== 'seconds' && name !== 'time') {
      throw new OptionsError(
        `\`words.${occasion}\` has no placeholder \`${placeholder}\`; there are \`{service}\`, \`{seconds}\` and \`{time}\`.`,
      );
    }
  }
}

const inWords = (seconds: number) => (seconds === 1 ? '1 second' : `${seconds} seconds`);
