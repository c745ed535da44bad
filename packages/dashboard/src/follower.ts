import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';

/** One who follows the events. What is sent to who does not read is at most what one write holds. */
export class Follower {
  readonly #res: ServerResponse;
  /** The last event that was sent. */
  lastId: number;
  /** It has missed what was said while it did not read. */
  isBehind = false;
  /** For how many ticks it has followed. */
  ticks = 0;
  /** For how many ticks it has not read. */
  ticksBlocked = 0;

  constructor(res: ServerResponse, lastId: number) {
    this.#res = res;
    this.lastId = lastId;
  }

  /** Whether it has yet to read what was sent. That of HTTP/2 knows it of itself on Node 22 and later only, and its stream does before. */
  get isBlocked(): boolean {
    const res: ServerResponse | Http2ServerResponse = this.#res;
    return res.writableNeedDrain ?? (res as unknown as Http2ServerResponse).stream.writableNeedDrain;
  }

  /** Sends, or lets it miss it: nothing is sent out of its turn, nor on top of what waits to be read. */
  send(message: string | Uint8Array): void {
    if (this.isBehind || this.isBlocked) this.isBehind = true;
    else this.#res.write(message);
  }

  /** Sends all that it has missed, in one piece. */
  catchUp(snapshot: Uint8Array, events: string, lastId: number): void {
    this.isBehind = false;
    this.lastId = lastId;
    this.#res.cork();
    this.#res.write(snapshot);
    if (events !== '') this.#res.write(events);
    this.#res.uncork();
  }

  end(): void {
    if (this.isBlocked) this.drop();
    else this.#res.end();
  }

  drop(): void {
    this.#res.destroy();
  }
}
