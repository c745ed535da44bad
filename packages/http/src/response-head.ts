import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { snapshotHeaders } from './response-headers.ts';

/** The parts of Node's response that are not in its types: what a head that is made but not sent has left behind. */
interface UnsentHead {
  _header: string | null;
  _headerSent: boolean;
  _contentLength: number | null;
  _hasBody: boolean;
  chunkedEncoding: boolean;
}

/** The methods that set headers, as they were before anybody further in wrapped them. */
export interface HeaderSetters {
  readonly setHeader: ServerResponse['setHeader'];
  readonly removeHeader: ServerResponse['removeHeader'];
}

/** Status and headers as they stand on a response at one moment, to be put back. */
export class ResponseHead {
  readonly headers: OutgoingHttpHeaders;
  readonly #status: number;

  constructor(res: ServerResponse) {
    this.headers = snapshotHeaders(res);
    this.#status = res.statusCode;
  }

  restore(res: ServerResponse, { setHeader, removeHeader }: HeaderSetters): void {
    if (res.headersSent) uncommit(res);
    for (const name of res.getHeaderNames()) {
      if (name in this.headers) continue;
      removeHeader.call(res, name);
      if (name === 'date') res.sendDate = true; // removing it switched it off
    }
    for (const name in this.headers) {
      const value = this.headers[name]!;
      if (res.getHeader(name) !== value) setHeader.call(res, name, value);
    }
    res.statusCode = this.#status;
    if (res.req.httpVersionMajor < 2) res.statusMessage = undefined as never; // it sticks
  }
}

/** How many bytes the head has promised of the body; `undefined` where it promises none, or no body follows it. */
export function promisedLength(res: ServerResponse): number | undefined {
  const { _contentLength: length, _hasBody: hasBody } = res as unknown as UnsentHead;
  return hasBody ? (length ?? undefined) : undefined;
}

/** Unmakes a head that was made and not sent: only HTTP/1 has such a thing. */
function uncommit(res: ServerResponse): void {
  const made = res as unknown as UnsentHead;
  if (typeof made._header !== 'string' || made._headerSent) return;
  made._header = null;
  made._contentLength = null;
  made._hasBody = true;
  made.chunkedEncoding = false;
}
