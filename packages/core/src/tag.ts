import { skipSpace, walkObject } from './json-text.ts';
import type { FallbackMetadata } from './metadata.ts';

/** A JSON text cut open where the tag's members go: `head`, `opening`, the members, `closing`, `tail`. */
export interface TagSpot {
  readonly head: Uint8Array;
  readonly opening: string;
  readonly closing: string;
  readonly tail: Uint8Array;
}

interface Found {
  readonly name: number;
  readonly value: number;
  /** Where the next member begins; 0 for the last of the object. */
  next: number;
}

const ours: Readonly<Record<keyof FallbackMetadata, true>> = {
  from_fallback: true,
  fallback_reason: true,
  fallback_level: true,
  circuit: true,
  retry_after: true,
  cached_at: true,
  age_seconds: true,
};
const isAscii = /^[\0-\x7f]*$/;
const OPEN_BRACE = 0x7b;
/** The longest of our names, all of it written as `\u0000`, with its quotes. */
const LONGEST_NAME = 2 + 6 * Math.max(...Object.keys(ours).map((name) => name.length));

/** Whether a member of `metadata` is ours to write. */
export const isOurName = (name: string): boolean => Object.hasOwn(ours, name);

/** By body, since a stored answer is served many times. */
const spots = new WeakMap<Uint8Array, TagSpot | null>();

/** The spot in the body of a stored answer, looked for once: such a body never changes. */
export function storedTagSpot(body: Uint8Array): TagSpot | undefined {
  let spot = spots.get(body);
  if (spot === undefined) {
    spot = tagSpot(body) ?? null;
    spots.set(body, spot);
  }
  return spot ?? undefined;
}

/** The text with the tag in it; nothing outside of `metadata` differs by a byte. */
export function spliced({ head, opening, closing, tail }: TagSpot, metadata: FallbackMetadata): Buffer {
  const tag = opening + asciiJson(metadata).slice(1, -1) + closing;
  const whole = Buffer.allocUnsafe(head.length + tag.length + tail.length);
  whole.set(head, 0);
  whole.write(tag, head.length, 'latin1');
  whole.set(tail, head.length + tag.length);
  return whole;
}

/**
 * Where the tag goes in a JSON object's text (UTF-8, or any charset that has ASCII in its place): into its `metadata`, or a new
 * one at its end. Members of `metadata` with our names are left out, and so is an earlier duplicate of `metadata`, which parsers
 * read differently (RFC 8259 §4). `undefined` when there is no place: the text is no JSON, no object, or its `metadata` is no
 * object. Bytes are not copied unless something is left out.
 */
export function tagSpot(source: string | Uint8Array): TagSpot | undefined {
  const text = typeof source === 'string' ? Buffer.from(source) : source;
  // RFC 8259 §8.1 lets a parser ignore a byte order mark.
  const start = skipSpace(text, text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0);
  if (text[start] !== OPEN_BRACE) return undefined;
  const found: Found[] = [];
  let lastEnd = start + 1;
  const end = walkObject(text, start, (name, nameEnd, value, valueEnd) => {
    const before = found.at(-1);
    if (before?.next === 0) before.next = name;
    if (nameOf(text, name, nameEnd) === 'metadata') found.push({ name, value, next: 0 });
    lastEnd = valueEnd;
  });
  if (end < 0 || skipSpace(text, end) !== text.length) return undefined;
  const metadata = found.pop();
  if (metadata) return text[metadata.value] === OPEN_BRACE ? spotInside(text, metadata.value, found) : undefined;
  return {
    head: text.subarray(0, lastEnd),
    opening: `${lastEnd > start + 1 ? ',' : ''}"metadata":{`,
    closing: '}',
    tail: text.subarray(lastEnd),
  };
}

/** The spot behind the `{` of an existing `metadata`. */
function spotInside(text: Uint8Array, brace: number, duplicates: readonly Found[]): TagSpot {
  const inside = brace + 1;
  const kept: Uint8Array[] = [];
  let members = 0;
  const end = walkObject(text, brace, (name, nameEnd, _, valueEnd) => {
    members++;
    if (!isOurName(nameOf(text, name, nameEnd))) kept.push(text.subarray(name, valueEnd));
  });
  return {
    head: duplicates.length === 0 ? text.subarray(0, inside) : without(text.subarray(0, inside), duplicates),
    opening: '',
    closing: kept.length === 0 ? '' : ',',
    tail: kept.length === members ? text.subarray(inside) : joined(kept, text.subarray(end - 1)),
  };
}

function without(text: Uint8Array, duplicates: readonly Found[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { name, next } of duplicates) {
    parts.push(text.subarray(from, name));
    from = next;
  }
  return Buffer.concat([...parts, text.subarray(from)]);
}

function joined(members: readonly Uint8Array[], rest: Uint8Array): Uint8Array {
  const comma = Buffer.from(',');
  return Buffer.concat([...members.flatMap((member, index) => (index === 0 ? [member] : [comma, member])), rest]);
}

/** A member's name, unescaped; '' when it is too long to be one of ours. */
function nameOf(text: Uint8Array, from: number, to: number): string {
  if (to - from > LONGEST_NAME) return '';
  const token = String.fromCharCode(...text.subarray(from, to));
  return token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
}

/** ASCII alone, so that it stands in a text of any charset that has ASCII in its place. */
function asciiJson(value: object): string {
  const json = JSON.stringify(value);
  return isAscii.test(json)
    ? json
    : json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
