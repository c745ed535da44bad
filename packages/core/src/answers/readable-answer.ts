import { isJson } from '../media-type.ts';
import { headersOfChangedBody } from './changed-body.ts';
import { acceptsCodings, canDecode, contentCodings, decoded } from './content-coding.ts';
import type { FoundAnswer } from './lookup.ts';
import type { SafeStore } from './safe-store.ts';
import type { StoredAnswer } from './store.ts';

/** How much larger than the largest entry a decoded body may be. */
const MOST_EXPANSION = 8;

/**
 * The answer in a form that this client can read: encoded JSON is decoded, since it must be tagged, and put back so, where it is not too
 * large, for the next; other bodies stay as they are and go to who accepts their coding. `undefined` when there is no such form.
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
  const body = decoded(answer.body, codings, MOST_EXPANSION * entryBytes);
  if (body === undefined) return undefined;
  const { 'content-encoding': _, ...plainHeaders } = headersOfChangedBody(headers);
  const plain = { ...answer, headers: plainHeaders, body };
  if (body.byteLength <= entryBytes) store.set(key, plain);
  return plain;
}
