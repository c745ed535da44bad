import { isJsonText } from '../replies/json-text.ts';
import { isJson } from '../replies/media-type.ts';
import { headersOfChangedBody } from './changed-body.ts';
import { acceptsCodings, canDecode, contentCodings, decoded } from './content-coding.ts';
import type { FoundAnswer } from './lookup.ts';
import type { SafeStore } from './safe-store.ts';
import type { StoredAnswer } from './store.ts';

/** Encoded bodies that are too large, broken, or no JSON: what is of no use once need not be decoded again. */
const unreadable = new WeakSet<Uint8Array>();

/**
 * The answer in a form that this client can read: encoded JSON is decoded, since it must be tagged, and put back so for the next; other bodies stay as they are and go to who accepts their coding. `undefined` when there is no such form,
 * as for JSON that would be over `entryBytes` when decoded.
 */
export function readableAnswer(
  { key, answer }: FoundAnswer,
  acceptEncoding: string | undefined,
  store: SafeStore,
  entryBytes: number,
): StoredAnswer | undefined {
  const { headers } = answer;
  if (headers['content-encoding'] === undefined) return answer;
  const codings = contentCodings(headers['content-encoding']);
  if (!isJson(headers['content-type']) || !canDecode(codings))
    return acceptsCodings(acceptEncoding, codings) ? answer : undefined;
  if (unreadable.has(answer.body)) return undefined;
  const body = decoded(answer.body, codings, entryBytes);
  if (body === undefined || !isJsonText(body)) {
    unreadable.add(answer.body);
    return undefined;
  }
  const { 'content-encoding': _, ...plainHeaders } = headersOfChangedBody(headers);
  const plain = { ...answer, headers: plainHeaders, body };
  store.set(key, plain);
  return plain;
}
