import type { ServerResponse } from 'node:http';
import { type StandingHeader, snapshotHeaders } from './response-headers.ts';

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

/** The methods that set headers, as they were before anybody further in wrapped them. */
export interface HeaderSetters {
  readonly setHeader: ServerResponse['setHeader'];
  readonly removeHeader: ServerResponse['removeHeader'];
}

/** Status and headers as they stand on a response at one moment, to be put back. */
export class ResponseHead {
  readonly headers: readonly StandingHeader[];
  readonly #status: number;
  readonly #sendDate: boolean;
  readonly #shouldKeepAlive: boolean;
  readonly #removedConnection: boolean;

  constructor(res: ServerResponse) {
    this.headers = snapshotHeaders(res);
    this.#status = res.statusCode;
    this.#sendDate = res.sendDate;
    this.#shouldKeepAlive = res.shouldKeepAlive;
    this.#removedConnection = (res as unknown as UnsentHead)._removedConnection;
  }

  restore(res: ServerResponse, { setHeader, removeHeader }: HeaderSetters): void {
    const isHttp1 = res.req.httpVersionMajor < 2;
    if (isHttp1) unmake(res);
    for (const name of res.getHeaderNames()) {
      if (!this.headers.some(([key]) => key === name)) removeHeader.call(res, name);
    }
    for (const [key, name, value] of this.headers) {
      if (res.getHeader(key) !== value) setHeader.call(res, name, value);
    }
    res.statusCode = this.#status;
    res.sendDate = this.#sendDate; // removing a date switches it off
    if (!isHttp1) return;
    res.statusMessage = undefined as never; // it sticks
    res.shouldKeepAlive = this.#shouldKeepAlive;
    (res as unknown as UnsentHead)._removedConnection = this.#removedConnection;
  }
}

/** How many bytes the head has promised of the body; `undefined` where chunks tell its end, it promises none, or no body follows. */
export function promisedLength(res: ServerResponse): number | undefined {
  const { _contentLength: length, _hasBody: hasBody } = res as unknown as UnsentHead;
  return hasBody && !res.chunkedEncoding ? (length ?? undefined) : undefined;
}

/** Whether a head was sent, and not only made: only HTTP/1 tells these apart. */
export function isHeadOut(res: ServerResponse): boolean {
  return (res as unknown as Partial<UnsentHead>)._headerSent ?? res.headersSent;
}

/** Whether the head that was made names a length: Node computes one for what comes in one piece, and does not send it to HTTP/1.0. */
export function namesLength(res: ServerResponse): boolean {
  return /^content-length:/im.test((res as unknown as UnsentHead)._header ?? '');
}

/** Whether nothing but the end of the connection tells a client of HTTP/1 that the body is whole. */
export function isEndedByClosing(res: ServerResponse): boolean {
  return !res.chunkedEncoding && (res as unknown as UnsentHead)._contentLength === null;
}

/** Unmakes a head that was not sent, and what is left of one that Node refused half-way: it would frame the next one. */
function unmake(res: ServerResponse): void {
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
