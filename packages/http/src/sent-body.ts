import type { ServerResponse } from 'node:http';
import type { CapturedAnswer } from '@brownout/core';
import { Capture } from './capture.ts';
import { chunkLength } from './chunk-length.ts';
import { lastOf } from './last-characters.ts';
import type { ResponseHead } from './response-head.ts';
import type { HeaderValues } from './response-headers.ts';
import { namesLength, promisedLength } from './unsent-head.ts';

/** What of the handler's body has gone out, as far as that is to be known. */
export class SentBody {
  readonly #res: ServerResponse;
  /** The handler has given all of it at once: nothing here need look at it. */
  isGiven = false;
  /** Where a length was promised. */
  #bytes = 0;
  /** The last characters; `undefined` while nobody wants them. */
  #last: string | undefined;
  #headers: HeaderValues | undefined;
  #capture: Capture | undefined;
  #captured: CapturedAnswer | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  get last(): string {
    return this.#last ?? '';
  }

  /** Whether it is decided how much of it is captured. */
  get isAsked(): boolean {
    return this.#headers !== undefined;
  }

  /** `captured`: if that is wanted. */
  give(captured: CapturedAnswer | undefined): void {
    this.isGiven = true;
    this.#capture = undefined;
    this.#captured = captured;
  }

  /** From now on the last characters are wanted. */
  keepLast(): void {
    this.#last = '';
  }

  /** So many bytes at most are to be captured, with the headers of the answer. */
  capture(bytes: number, headers: HeaderValues): void {
    this.#headers = headers;
    if (bytes > 0) this.#capture = new Capture(bytes);
  }

  giveUpCapture(): void {
    this.#capture = undefined;
  }

  add(chunk: unknown, encoding: unknown): void {
    this.#capture?.add(chunk, encoding);
    if (this.#last !== undefined) this.#last = lastOf(this.#last, chunk, encoding);
    if (!this.isGiven && promisedLength(this.#res) !== undefined) this.#bytes += chunkLength(chunk, encoding);
  }

  /** Whether its length is another than its head has told the client. */
  get isMisfit(): boolean {
    if (this.isGiven) return false;
    return this.#bytes !== (promisedLength(this.#res) ?? this.#bytes) && namesLength(this.#res);
  }

  /** Whether all that its head has promised has gone out. */
  get isComplete(): boolean {
    return !this.isGiven && this.#bytes === promisedLength(this.#res) && namesLength(this.#res);
  }

  /** The whole answer, captured. */
  captured({ status, coding }: ResponseHead): CapturedAnswer | undefined {
    const body = this.#capture?.body();
    this.#capture = undefined;
    if (body === undefined) return this.#captured;
    const coded = coding === undefined ? {} : { 'content-encoding': String(coding) };
    return { status, headers: { ...this.#headers, ...coded }, body };
  }
}
