import type { FallbackMetadata } from '../metadata.ts';
import { skipSpace, startOfText, walkObject } from './json-text.ts';

/** A JSON text cut open where the tag goes: the ranges before it, `opening`, the tag's members, `closing`, the ranges after it. */
export interface TagSpot {
  readonly text: Uint8Array;
  /** Where each range that is kept begins and ends, in turn. */
  readonly before: readonly number[];
  readonly opening: string;
  readonly closing: string;
  readonly after: readonly number[];
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
/** What is remembered of a body must be small beside it. */
const MOST_REMEMBERED = 32;

/** The spot in the body of a stored answer, looked for once: such a body never changes. */
export function storedTagSpot(body: Uint8Array): TagSpot | undefined {
  let spot = spots.get(body);
  if (spot === undefined) {
    spot = tagSpot(body) ?? null;
    if (spot === null || spot.before.length + spot.after.length <= MOST_REMEMBERED) spots.set(body, spot);
  }
  return spot ?? undefined;
}

/** The text with the tag in it; nothing outside of `metadata` differs by a byte. */
export function spliced({ text, before, opening, closing, after }: TagSpot, metadata: FallbackMetadata): Buffer {
  const tag = opening + asciiJson(metadata).slice(1, -1) + closing;
  const whole = Buffer.allocUnsafe(lengthOf(before) + tag.length + lengthOf(after));
  let at = copied(text, before, whole, 0);
  at += whole.write(tag, at, 'latin1');
  copied(text, after, whole, at);
  return whole;
}

function lengthOf(ranges: readonly number[]): number {
  let length = 0;
  for (let i = 0; i < ranges.length; i += 2) length += ranges[i + 1]! - ranges[i]!;
  return length;
}

function copied(text: Uint8Array, ranges: readonly number[], into: Buffer, at: number): number {
  for (let i = 0; i < ranges.length; i += 2) {
    const piece = text.subarray(ranges[i], ranges[i + 1]);
    into.set(piece, at);
    at += piece.length;
  }
  return at;
}

/**
 * Where the tag goes in a JSON object's text (UTF-8, or any charset that has ASCII in its place): into its `metadata`, or a new
 * one at its end. Members of `metadata` with our names are left out, and so is an earlier duplicate of `metadata`, which parsers
 * read differently (RFC 8259 §4). `undefined` when there is no place: the text is no JSON, no object, or its `metadata` is no
 * object.
 */
export function tagSpot(source: string | Uint8Array): TagSpot | undefined {
  const text = typeof source === 'string' ? Buffer.from(source) : source;
  const start = startOfText(text);
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
    text,
    before: [0, lastEnd],
    opening: `${lastEnd > start + 1 ? ',' : ''}"metadata":{`,
    closing: '}',
    after: [lastEnd, text.length],
  };
}

/** The spot behind the `{` of an existing `metadata`. */
function spotInside(text: Uint8Array, brace: number, duplicates: readonly Found[]): TagSpot {
  const inside = brace + 1;
  const before = [0, ...duplicates.flatMap(({ name, next }) => [name, next]), inside];
  /** Runs of members that stay, each up to the name of what follows it. */
  const runs: number[] = [];
  let isRun = false;
  let isWhole = true;
  let lastEnd = inside;
  const end = walkObject(text, brace, (name, nameEnd, _, valueEnd) => {
    const stays = !isOurName(nameOf(text, name, nameEnd));
    if (stays !== isRun) runs.push(name);
    isRun = stays;
    isWhole &&= stays;
    if (stays) lastEnd = valueEnd;
  });
  const closing = runs.length > 0 ? ',' : '';
  if (isWhole) return { text, before, opening: '', closing, after: [inside, text.length] };
  if (isRun) runs.push(text.length);
  else {
    // Without the comma that stands behind the last that stays.
    if (runs.length > 0) runs[runs.length - 1] = lastEnd;
    runs.push(end - 1, text.length);
  }
  return { text, before, opening: '', closing, after: runs };
}

/** A member's name, unescaped; '' when it is too long to be one of ours. */
function nameOf(text: Uint8Array, from: number, to: number): string {
  if (to - from > LONGEST_NAME) return '';
  const token = String.fromCharCode(...text.subarray(from, to));
  return token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
}

/** ASCII alone, so that it stands in a text of any charset that has ASCII in its place. */
function asciiJson(metadata: FallbackMetadata): string {
  const json = JSON.stringify(metadata);
  // Only these may be anything.
  if (isAscii.test(metadata.circuit) && isAscii.test(metadata.fallback_level) && isAscii.test(metadata.fallback_reason))
    return json;
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
