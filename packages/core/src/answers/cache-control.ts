/** The directives of a `Cache-Control` field by lower-case name, each with the values it was given; '' is none. */
export type CacheControl = ReadonlyMap<string, readonly string[]>;

const directive = /([\w!#$%&'*+\-.^`|~]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*)))?/g;
const none: CacheControl = new Map();
/** RFC 9111 §1.2.2: what is greater counts as this. */
const MOST_SECONDS = 2 ** 31;

/**
 * Parses `Cache-Control` (RFC 9111 §5.2): names in any case, values as tokens or quoted strings. In what is malformed, such as a
 * quotation that does not end, each word counts as a directive, since most of them forbid.
 */
export function parseCacheControl(field: string | readonly string[] | undefined): CacheControl {
  if (field === undefined || field.length === 0) return none;
  const directives = new Map<string, string[]>();
  for (const [, name, quoted, plain] of String(field).matchAll(directive)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    const lower = name!.toLowerCase();
    const values = directives.get(lower);
    if (values) values.push(value);
    else directives.set(lower, [value]);
  }
  return directives;
}

/**
 * The seconds of a directive: the fewest where it is repeated (RFC 9111 §4.2.1), 0 where they cannot be read, so that an answer with
 * broken words is stale. `undefined` without the directive.
 */
export function directiveSeconds(directives: CacheControl, name: string): number | undefined {
  const values = directives.get(name);
  if (values === undefined) return undefined;
  return Math.min(...values.map((value) => (/^\d+$/.test(value) ? Math.min(Number(value), MOST_SECONDS) : 0)));
}
