/** The body of an answer, gathered while it flows, and given up as soon as it is over its limit. */
export class Capture {
  readonly #limit: number;
  #chunks: Uint8Array[] | undefined = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes are copied: the handler may use its buffer again once they are written. */
  add(chunk: unknown, encoding: unknown): void {
    if (this.#chunks === undefined) return;
    const room = this.#limit - this.#bytes;
    const size = typeof chunk === 'string' ? chunk.length : chunk instanceof Uint8Array ? chunk.byteLength : 0;
    if (size === 0) return; // nothing was written with it
    const bytes = size > room ? undefined : bytesOf(chunk as string | Uint8Array, encoding);
    if (bytes === undefined || bytes.byteLength > room) {
      this.#chunks = undefined; // over the limit, or in no known coding: given up
      return;
    }
    this.#bytes += bytes.byteLength;
    this.#chunks.push(bytes);
  }

  /** The whole body; `undefined` when it was over the limit. */
  body(): Uint8Array | undefined {
    if (this.#chunks === undefined) return undefined;
    return this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
  }
}

function bytesOf(chunk: string | Uint8Array, encoding: unknown): Uint8Array | undefined {
  if (typeof chunk !== 'string' || typeof encoding !== 'string') return Buffer.from(chunk as string);
  return Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding) : undefined;
}
