import type { ServerResponse } from 'node:http';
import {
  type HeaderValues,
  headerGiven,
  headersSince,
  type StandingHeader,
  snapshotHeaders,
} from './response-headers.ts';
import { isConnectionRemoved, setConnectionRemoved, unmakeHead } from './unsent-head.ts';

/** The methods that set headers, as they were before anybody further in wrapped them. */
export interface HeaderSetters {
  readonly setHeader: ServerResponse['setHeader'];
  readonly removeHeader: ServerResponse['removeHeader'];
}

const noArguments: readonly unknown[] = [];

/** Status and headers of a response as they stood at one moment, to be put back, and what has been made of them since. */
export class ResponseHead {
  readonly #res: ServerResponse;
  readonly #headers: readonly StandingHeader[];
  readonly #status: number;
  readonly #sendDate: boolean;
  readonly #shouldKeepAlive: boolean;
  readonly #isConnectionRemoved: boolean;
  /** Those of an explicit `writeHead`. */
  #arguments = noArguments;
  /** The coding of the bytes as they come to the gate: what is wrapped around it from outside may put on another. */
  #coding: unknown;
  /** The status that the head was made with: one that is set later goes nowhere. */
  #made = 0;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#headers = snapshotHeaders(res);
    this.#status = res.statusCode;
    this.#sendDate = res.sendDate;
    this.#shouldKeepAlive = res.shouldKeepAlive;
    this.#isConnectionRemoved = isConnectionRemoved(res);
  }

  /** The status that goes out, or would; 0 when Node makes no head with it. */
  get status(): number {
    return this.#made > 0 && this.#res.headersSent ? this.#made : statusFrom(this.#res.statusCode);
  }

  get coding(): unknown {
    return this.#coding;
  }

  /** A header as it stands, or as `writeHead` was given it. */
  header(name: string): unknown {
    return this.#res.getHeader(name) ?? headerGiven(this.#arguments, name);
  }

  /** What has been put on it since. */
  added(): HeaderValues {
    return headersSince(this.#res, this.#headers, this.#arguments);
  }

  /** Notes what `writeHead` is given, which Node has yet to take. Returns its status; 0 when that makes no head. */
  give(args: readonly unknown[]): number {
    this.#arguments = args;
    this.#coding = this.header('content-encoding');
    return statusFrom(args[0]);
  }

  /** Node has made it. */
  made(): void {
    this.#made = statusFrom(this.#res.statusCode);
  }

  /** Puts it back to what it was. */
  restore({ setHeader, removeHeader }: HeaderSetters): void {
    const res = this.#res;
    const isHttp1 = res.req.httpVersionMajor < 2;
    if (isHttp1) unmakeHead(res);
    for (const name of res.getHeaderNames()) {
      if (!this.#headers.some(([key]) => key === name)) removeHeader.call(res, name);
    }
    for (const [key, name, value] of this.#headers) {
      if (res.getHeader(key) !== value) setHeader.call(res, name, value);
    }
    res.statusCode = this.#status;
    res.sendDate = this.#sendDate; // removing a date switches it off
    if (!isHttp1) return;
    res.statusMessage = undefined as never; // it sticks
    res.shouldKeepAlive = this.#shouldKeepAlive;
    setConnectionRemoved(res, this.#isConnectionRemoved);
  }
}

/** A status as Node takes it; 0 for one that it throws on, as it would have. */
function statusFrom(given: unknown): number {
  const status = typeof given === 'number' || typeof given === 'string' ? (given as number) | 0 : 0;
  return status >= 100 && status <= 999 ? status : 0;
}
