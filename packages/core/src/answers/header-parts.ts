import { isCredential, isNeutral } from './neutral-headers.ts';

/** What of a request's headers its keys are made of. Each value has its length before it, so that none passes for two. */
export interface HeaderParts {
  /**
   * `Host` (HTTP/2's `:authority` without it), `X-Forwarded-Host`, `-Proto`, `-Prefix`, what `Forwarded` says of the same, and what
   * else may end up in an application's links.
   */
  readonly origin: string;
  /** `Accept`, `Accept-Language` and `X-Requested-With`. */
  readonly negotiation: string;
  /** Every header that may tell who asks, in the order of the names; empty without one. */
  readonly scope: string;
  /** Whether one of them is known to. */
  readonly isIdentified: boolean;
}

const places = [
  'host',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'forwarded',
  'accept',
  'accept-language',
  'x-requested-with',
  ':authority',
];
const FORWARDED = 4;
const FIRST_NEGOTIATION = 5;
const AUTHORITY = 8;

/** Said by proxies in dialects of their own, alike for all their clients; or by an attacker, whose answer is then for himself alone. */
const dialects: ReadonlySet<string> = new Set([
  'cf-visitor',
  'front-end-https',
  'x-arr-ssl',
  'x-forwarded-port',
  'x-forwarded-protocol',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-scheme',
  'x-url-scheme',
]);

interface Role {
  readonly lower: string;
  /** In `places`, or one of those below. */
  readonly place: number;
  readonly isCredential: boolean;
}

/** By name as received. Clients invent names, so that not all are kept. */
const roles = new Map<string, Role>();
const MOST_ROLES = 1000;

/** A text with its length before it: texts in a row never pass for others. */
export const part = (text: string | undefined): string => (text === undefined ? '-' : `${text.length}:${text}`);

/** @param headers names and values in turn, as in `rawHeaders` */
export function readHeaderParts(headers: readonly string[]): HeaderParts {
  const texts = ['', '', '', '', '', '', '', '', ''];
  const scope: [string, string][] = [];
  let isIdentified = false;
  let dialect = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    const role = roles.get(name) ?? learnRole(name);
    const { place } = role;
    if (place >= 0) {
      const said = place === FORWARDED ? withoutAddresses(value) : value;
      if (!saysNothing(place, said)) texts[place] += part(said);
      if (place === FORWARDED && saysMore(said)) scope.push([role.lower, said]);
    } else if (place === SCOPE) {
      scope.push([role.lower, value]);
      isIdentified ||= role.isCredential;
    } else if (place === DIALECT) dialect += part(role.lower) + part(value);
  }
  texts[0] ||= texts[AUTHORITY]!;
  return {
    origin: joined(texts, 0, FIRST_NEGOTIATION) + dialect,
    negotiation: joined(texts, FIRST_NEGOTIATION, AUTHORITY),
    scope: scopeText(scope),
    isIdentified,
  };
}

const SCOPE = -1;
const NOTHING = -2;
const DIALECT = -3;

function learnRole(name: string): Role {
  const lower = name.toLowerCase();
  const place = places.indexOf(lower);
  const role = {
    lower,
    place: place >= 0 ? place : dialects.has(lower) ? DIALECT : isNeutral(lower) ? NOTHING : SCOPE,
    isCredential: isCredential(lower),
  };
  if (roles.size < MOST_ROLES) roles.set(name, role);
  return role;
}

function joined(texts: readonly string[], from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += part(texts[i]);
  return text;
}

function scopeText(scope: [string, string][]): string {
  // By name alone: several of one name keep their order.
  if (scope.length > 1) scope.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  let text = '';
  for (const [name, value] of scope) text += part(name) + part(value);
  return text;
}

/** Any type and any language is what no header says, too (RFC 9110 §12.5.1, §12.5.4). */
const saysNothing = (place: number, value: string): boolean =>
  value === '' || (place >= FIRST_NEGOTIATION && (value === '*/*' || value === '*'));

/** Nothing is taken for an address that who splits at each `;` and `,` would read otherwise. */
const addresses = /(^|[\s;,])(?:for|by)\s*=\s*(?:"[^"\\;,=\s]*"|[^\s;,"]*)/gi;
const placesOfForwarded = /(^|[\s;,])(?:host|proto)\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*)/gi;

/** `Forwarded` (RFC 7239) without the addresses of client and proxies. */
const withoutAddresses = (value: string): string => remainder(value, addresses);

/** An extension may tell who asks. */
const saysMore = (forwarded: string): boolean => remainder(forwarded, placesOfForwarded) !== '';

/** What is left, however many separators there were. */
function remainder(value: string, unwanted: RegExp): string {
  const rest = value.replace(unwanted, '$1').replace(/[\s;,]+/g, ',');
  return rest === ',' ? '' : rest;
}
