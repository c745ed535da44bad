import type { RequestView } from '../request-view.ts';

/**
 * A request's headers as they are now, in the form of `rawHeaders`: a copy of those, followed by what the parsed object has besides,
 * where earlier middleware has added or changed something (who is logged in, above all).
 */
export function takenHeaders({ rawHeaders, headers }: Pick<RequestView, 'rawHeaders' | 'headers'>): readonly string[] {
  const taken = rawHeaders.slice();
  let came: ReadonlySet<string> | undefined;
  let next = 0;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    // The parsed object mostly has the names in the order in which they came.
    const isNext = next < rawHeaders.length && lowerCase(rawHeaders[next]!) === name;
    if (isNext) next += 2;
    if (isNext && value === rawHeaders[next - 1]) continue;
    came ??= pairsOf(rawHeaders);
    if (came.has(`${name}\n${value}`)) continue;
    for (const one of typeof value === 'string' ? [value] : [value].flat()) taken.push(name, String(one));
  }
  return taken;
}

/** A name in lower case; names as received are few, but clients may invent some. */
export function lowerCase(name: string): string {
  let lower = lowered.get(name);
  if (lower === undefined) {
    lower = name.toLowerCase();
    if (lowered.size < MOST_NAMES) lowered.set(name, lower);
  }
  return lower;
}

const lowered = new Map<string, string>();
const MOST_NAMES = 1000;

function pairsOf(raw: readonly string[]): ReadonlySet<string> {
  const pairs = new Set<string>();
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.add(`${lowerCase(raw[at]!)}\n${raw[at + 1]}`);
  return pairs;
}
