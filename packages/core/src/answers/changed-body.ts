import type { ReplyHeaders } from '../reply.ts';
import { isStrong } from './conditional.ts';

/** Headers that speak of the bytes of a body (RFC 9530, RFC 9421, RFC 1864). */
const ofBytes = new Set([
  'content-length',
  'content-md5',
  'content-digest',
  'digest',
  'repr-digest',
  'signature',
  'signature-input',
  'accept-ranges',
]);

/** The headers for a body that says the same in other bytes: a strong entity tag and digests no longer hold. */
export function headersOfChangedBody(headers: Readonly<ReplyHeaders>): ReplyHeaders {
  const kept: ReplyHeaders = {};
  for (const name in headers) {
    const value = headers[name]!;
    if (!ofBytes.has(name) && !(name === 'etag' && isStrong(value))) kept[name] = value;
  }
  return kept;
}
