import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

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

type HeaderValue = number | string | string[];

/** The methods that set headers, as they were before anybody further in wrapped them. */
export interface HeaderSetters {
  readonly setHeader: ServerResponse['setHeader'];
  readonly removeHeader: ServerResponse['removeHeader'];
}

/**
 * Status and headers as they stand on a response at one moment, to be put back. Names and values are kept as two lists: asking for
 * each value costs a quarter of asking for an object of them all.
 */
export class ResponseHead {
  readonly #names: readonly string[];
  readonly #values: readonly HeaderValue[];
  readonly #status: number;
  readonly #sendDate: boolean;
  readonly #shouldKeepAlive: boolean;
  readonly #removedConnection: boolean;

  constructor(res: ServerResponse) {
    this.#names = res.getHeaderNames();
    this.#values = this.#names.map((name) => copied(res.getHeader(name)!));
    this.#status = res.statusCode;
    this.#sendDate = res.sendDate;
    this.#shouldKeepAlive = res.shouldKeepAlive;
    this.#removedConnection = (res as unknown as UnsentHead)._removedConnection;
  }

  get headers(): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = Object.create(null);
    for (const [at, name] of this.#names.entries()) headers[name] = this.#values[at];
    return headers;
  }

  restore(res: ServerResponse, { setHeader, removeHeader }: HeaderSetters): void {
    const isHttp1 = res.req.httpVersionMajor < 2;
    if (isHttp1) unmake(res);
    for (const name of res.getHeaderNames()) {
      if (!this.#names.includes(name)) removeHeader.call(res, name);
    }
    for (const [at, name] of this.#names.entries()) {
      const value = this.#values[at]!;
      if (res.getHeader(name) !== value) setHeader.call(res, name, value);
    }
    res.statusCode = this.#status;
    res.sendDate = this.#sendDate; // removing a date switches it off
    if (!isHttp1) return;
    res.statusMessage = undefined as never; // it sticks
    res.shouldKeepAlive = this.#shouldKeepAlive;
    (res as unknown as UnsentHead)._removedConnection = this.#removedConnection;
  }
}

/** `appendHeader` grows an array in place. */
function copied(value: HeaderValue): HeaderValue {
  return Array.isArray(value) ? value.slice() : value;
}

/** How many bytes the head has promised of the body; `undefined` where it promises none, or no body follows it. */
export function promisedLength(res: ServerResponse): number | undefined {
  const { _contentLength: length, _hasBody: hasBody } = res as unknown as UnsentHead;
  return hasBody ? (length ?? undefined) : undefined;
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
}
