import type { ServerResponse } from 'node:http';
import { isReplaced, type Reply } from '@brownout/core';
import { isDegraded } from './degraded.ts';
import { ownValue } from './response-headers.ts';

/**
 * Sends a whole answer through the response's own methods, so that what was put around them from outside still applies.
 * `Content-Length` is always set, because a response that lost it once would otherwise be framed by guesswork; HEAD gets the
 * headers alone (RFC 9110 §9.3.2), 204 and 304 no body (§15.3.5, §15.4.5).
 */
export function sendReply(res: ServerResponse, reply: Reply): void {
  const { status, headers, body } = reply;
  if (isDegraded(res)) dropReplaced(res);
  res.statusCode = status;
  for (const name of framing) if (res.hasHeader(name)) res.removeHeader(name);
  for (const name in headers) res.setHeader(name, ownValue(headers[name]!));
  if (status === 204 || status === 304) {
    res.end();
    return;
  }
  res.setHeader('Content-Length', typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
  if (res.req.method === 'HEAD') res.end();
  else res.end(body);
}

/** What earlier middleware may have said of a frame that is another now: Node would refuse the one, and clients the other. */
const framing = ['trailer', 'transfer-encoding'];

/** Takes away what earlier middleware has told caches about an answer that another has taken the place of. */
export function dropReplaced(res: ServerResponse): void {
  for (const name of res.getHeaderNames()) if (isReplaced(name)) res.removeHeader(name);
}
