/** No path has it by chance. */
const stranger = 'brownout-5e1f';

/**
 * Puts the names of a mount's parameters back into the path that came: `/tenants/42` → `/tenants/:tenant`. `matches` says whether the
 * mount matches another path, too: that tells a parameter from a segment that is written just like its value.
 */
export function mountPattern(
  path: string,
  params: Readonly<Record<string, unknown>> | undefined,
  matches: (path: string) => boolean = () => false,
): string {
  const segments = path.split('/').map((text): Segment => ({ text, named: 0 }));
  for (const [name, value] of Object.entries(params ?? {})) {
    if (Array.isArray(value)) nameWildcard(segments, name, value);
    else if (typeof value === 'string' && value !== '') nameParameter(segments, name, value, matches);
  }
  return joined(segments);
}

interface Segment {
  readonly text: string;
  /** So much of it has its names already. */
  readonly named: number;
}

const joined = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('/');

function nameParameter(segments: Segment[], name: string, value: string, matches: (path: string) => boolean): void {
  const rest = ({ text, named }: Segment) => decoded(text.slice(named));
  const placesOf = (isThere: (segment: Segment) => boolean) =>
    segments.flatMap((segment, place) => (isThere(segment) ? [place] : []));
  let places = placesOf((segment) => segment.named === 0 && rest(segment) === value);
  if (places.length === 0) places = placesOf((segment) => rest(segment).includes(value));
  const isParameter = (place: number) => matches(joined(segments.with(place, { text: stranger, named: 0 })));
  const place = places.length > 1 ? (places.find(isParameter) ?? places.at(-1)) : places[0];
  if (place === undefined) return;
  const segment = segments[place]!;
  const text = rest(segment);
  const at = text.indexOf(value);
  const before = `${segment.text.slice(0, segment.named)}${text.slice(0, at)}:${name}`;
  segments[place] = { text: before + text.slice(at + value.length), named: before.length };
}

function nameWildcard(segments: Segment[], name: string, value: readonly unknown[]): void {
  const whole = segments.map(({ text }) => decoded(text)).join('/');
  const text = value.join('/');
  const at = whole.lastIndexOf(text);
  if (at === -1 || text === '') return;
  const named = `${whole.slice(0, at)}*${name}${whole.slice(at + text.length)}`;
  segments.splice(0, segments.length, ...named.split('/').map((text) => ({ text, named: text.length })));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
