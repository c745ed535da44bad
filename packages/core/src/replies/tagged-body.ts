import type { Events } from '../events.ts';
import type { FallbackMetadata } from '../metadata.ts';
import { isThenable } from '../tiers/thenable.ts';
import type { TierReply } from '../tiers/tier.ts';
import { isOurName, spliced, storedTagSpot, tagSpot } from './tag.ts';

/** Replaces the merging of `metadata`: the parsed body in, what is sent as JSON out. Both arguments are copies, for it to change. */
export type Tag = (body: unknown, metadata: FallbackMetadata) => unknown;

type Body = TierReply['body'];

/**
 * The body with its tag: by `tag`, else merged into `metadata`. `undefined` when it goes out as it is, having no place for one.
 * `isStored`: a body that never changes and is served again.
 */
export function taggedBody(
  body: Body,
  isJsonText: boolean,
  isStored: boolean,
  metadata: FallbackMetadata,
  { tag, events }: { readonly tag?: Tag | undefined; readonly events?: Events | undefined },
  wallNow: number,
): string | Uint8Array | undefined {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  if (isText && !isJsonText) return undefined;
  if (tag !== undefined) {
    // Of its own, since it may change what it is given.
    const parsed = parsedJson(isText ? body : JSON.stringify(body));
    try {
      if (parsed !== undefined) return ownText(tag(parsed.value, { ...metadata }));
    } catch (error) {
      events?.emit('option_failed', { at: wallNow, option: 'tag', error });
    }
  }
  if (!isText) return mergedText(body, metadata);
  const spot = isStored && typeof body !== 'string' ? storedTagSpot(body) : tagSpot(body);
  return spot && spliced(spot, metadata);
}

function mergedText(
  body: Exclude<Body, string | Uint8Array>,
  metadata: FallbackMetadata,
): string | Uint8Array | undefined {
  const there = body.metadata;
  if (writesItself(body) || writesItself(there)) {
    const spot = tagSpot(JSON.stringify(body));
    return spot && spliced(spot, metadata);
  }
  if (there === undefined) return JSON.stringify({ ...body, metadata });
  if (typeof there !== 'object' || there === null || Array.isArray(there)) return undefined;
  const rest = Object.entries(there).filter(([name]) => !isOurName(name));
  return JSON.stringify({ ...body, metadata: { ...metadata, ...Object.fromEntries(rest) } });
}

/** JSON may be something else than the members that are seen. */
const writesItself = (value: unknown): boolean =>
  typeof (value as { toJSON?: unknown } | null | undefined)?.toJSON === 'function';

function ownText(made: unknown): string {
  if (isThenable(made)) {
    // A rejection that nobody handles would end the process.
    made.then(undefined, () => {});
    throw new TypeError('`tag` returned a promise, and nothing is awaited.');
  }
  const text: string | undefined = JSON.stringify(made);
  if (text === undefined) throw new TypeError('`tag` returned nothing that can be written as JSON.');
  return text;
}

function parsedJson(text: string | Uint8Array): { readonly value: unknown } | undefined {
  try {
    const decoded = typeof text === 'string' ? text : new TextDecoder().decode(text);
    return { value: JSON.parse(decoded) };
  } catch {
    return undefined;
  }
}
