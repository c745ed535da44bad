import type { ReplyHeaders } from '../reply.ts';

/**
 * Whether `If-None-Match` names this entity tag, by weak comparison (RFC 9110 §8.8.3.2, §13.1.2). `*` names none: it is a
 * condition for writing.
 */
function namesEntityTag(ifNoneMatch: string | string[] | undefined, etag: string | string[] | undefined): boolean {
  if (ifNoneMatch === undefined || typeof etag !== 'string') return false;
  const opaque = etag.replace(/^W\//, '');
  for (const [, tag] of String(ifNoneMatch).matchAll(/(?:W\/)?("[^"]*")/g)) if (tag === opaque) return true;
  return false;
}

/** Whether a request that has the answer with this entity tag is told so by 304: GET and HEAD alone (RFC 9110 §13.1.2). */
export const isNotModified = (
  method: string,
  ifNoneMatch: string | string[] | undefined,
  etag: string | string[] | undefined,
): boolean =>
  etag !== undefined &&
  ifNoneMatch !== undefined &&
  (method === 'GET' || method === 'HEAD') &&
  namesEntityTag(ifNoneMatch, etag);

/** The headers of a 304: of what describes the body, `Content-Location` only (RFC 9110 §15.4.5). */
export function notModifiedHeaders(headers: Readonly<ReplyHeaders>): ReplyHeaders {
  const kept: ReplyHeaders = {};
  for (const name in headers)
    if (!name.startsWith('content-') || name === 'content-location') kept[name] = headers[name]!;
  return kept;
}

/** Whether an entity tag is strong: good for one sequence of bytes only (RFC 9110 §8.8.1). */
export const isStrong = (etag: string | string[]): boolean => !String(etag).startsWith('W/');
