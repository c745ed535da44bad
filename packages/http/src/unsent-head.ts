import type { ServerResponse } from 'node:http';

/** The parts of Node's response that are not in its types: what a head that was made, or refused half-way, leaves behind. */
interface UnsentHead {
  _header: string | null;
  _headerSent: boolean;
  _contentLength: number | null;
  _hasBody: boolean;
  _last: boolean;
  _removedConnection: boolean;
  _trailer: string;
}

const unsent = (res: ServerResponse) => res as unknown as UnsentHead;

/** How many bytes the head has promised of the body; `undefined` where chunks tell its end, it promises none, or no body follows. */
export function promisedLength(res: ServerResponse): number | undefined {
  const { _contentLength: length, _hasBody: hasBody } = unsent(res);
  return hasBody && !res.chunkedEncoding ? (length ?? undefined) : undefined;
}

/** Whether a head was sent, and not only made: only HTTP/1 tells these apart. */
export function isHeadOut(res: ServerResponse): boolean {
  return (unsent(res) as Partial<UnsentHead>)._headerSent ?? res.headersSent;
}

/** Whether the head that was made names a length: Node computes one for what comes in one piece, and does not send it to HTTP/1.0. */
export function namesLength(res: ServerResponse): boolean {
  return /^content-length:/im.test(unsent(res)._header ?? '');
}

/** Whether nothing but the end of the connection tells a client of HTTP/1 that the body is whole. */
export function isEndedByClosing(res: ServerResponse): boolean {
  return !res.chunkedEncoding && unsent(res)._contentLength === null;
}

/** Whether the handler took away the header `Connection`: Node then sends none. */
export function isConnectionRemoved(res: ServerResponse): boolean {
  return unsent(res)._removedConnection;
}

export function setConnectionRemoved(res: ServerResponse, isRemoved: boolean): void {
  unsent(res)._removedConnection = isRemoved;
}

/** Unmakes a head that was not sent, and what is left of one that Node refused half-way: it would frame the next one. */
export function unmakeHead(res: ServerResponse): void {
  const made = res as ServerResponse & UnsentHead;
  if (made._header === undefined || made._headerSent) return;
  made._header = null;
  made._contentLength = null;
  made._hasBody = res.req.method !== 'HEAD';
  made._last = false;
  made._trailer = '';
  made.chunkedEncoding = false;
  made.strictContentLength = false; // it counts bytes that were refused, too
}
