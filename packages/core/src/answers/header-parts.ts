/** What of a request's headers its key is made of. Each text is followed by a comma, since a header may come more than once. */
export interface HeaderParts {
  /** `Host` (HTTP/2's `:authority` without it), `X-Forwarded-Host`, `-Proto` and `-Prefix`. */
  readonly origin: readonly string[];
  /** `Accept` and `Accept-Language`. */
  readonly negotiation: readonly string[];
  /** Names in lower case and values, in the order of the names. */
  readonly credentials: readonly string[];
}

const places = [
  'host',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-prefix',
  'accept',
  'accept-language',
  ':authority',
];
const FIRST_NEGOTIATION = 4;
const AUTHORITY = 6;
const CREDENTIAL = places.length;
const NO_PART = CREDENTIAL + 1;

/** Which header may hold credentials, by its lower-case name. */
const credential = /auth|cookie|token|key|session|user|tenant|account|jwt|cert/;
/** `User-Agent` in all its forms; what a browser says of a click (`?1`, the same from everybody); HTTP/2's `:authority`. */
const noCredential = /user-agent|^sec-fetch-user$|^:.*/g;

/** By name as received. Clients invent names, so that not all are kept. */
const roles = new Map<string, number>();
const MOST_ROLES = 1000;

/** Whether a header of this lower-case name may tell who asks. */
export function isCredential(name: string): boolean {
  return credential.test(name) && credential.test(name.replace(noCredential, ''));
}

export function readHeaderParts(rawHeaders: readonly string[]): HeaderParts {
  const texts = ['', '', '', '', '', '', ''];
  const credentials: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const role = roles.get(name) ?? learnRole(name);
    if (role < CREDENTIAL) texts[role] += `${rawHeaders[i + 1]},`;
    else if (role === CREDENTIAL) credentials.push([name.toLowerCase(), rawHeaders[i + 1]!]);
  }
  // By name alone: several of one name keep their order.
  if (credentials.length > 1) credentials.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  texts[0] ||= texts[AUTHORITY]!;
  return {
    origin: texts.slice(0, FIRST_NEGOTIATION),
    negotiation: texts.slice(FIRST_NEGOTIATION, AUTHORITY),
    credentials: credentials.flat(),
  };
}

function learnRole(name: string): number {
  const lower = name.toLowerCase();
  const place = places.indexOf(lower);
  const role = place >= 0 ? place : isCredential(lower) ? CREDENTIAL : NO_PART;
  if (roles.size < MOST_ROLES) roles.set(name, role);
  return role;
}
