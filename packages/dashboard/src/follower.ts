import type { ServerResponse } from 'node:http';

/** One who follows the events. What is sent to who does not read is at most what one write holds. */
export class Follower {
  readonly #res: ServerResponse;
  /** The last event that was sent. */
  lastId: number;
  /** It has missed what was said while it did not read. */
  isBehind = false;
  /** For how many ticks it has not read. */
  ticksBlocked = 0;

  constructor(res: ServerResponse, lastId: number) {
    this.#res = res;
    this.lastId = lastId;
  }

  /** Whether it has yet to read what was sent. */
  get isBlocked(): boolean {
    return this.#res.writableNeedDrain;
  }

  /** Sends, or lets it miss it. */
  send(message: string | Uint8Array): void {
    if (this.isBlocked) this.isBehind = true;
    else this.#res.write(message);
  }

  end(): void {
    if (this.isBlocked) this.drop();
    else this.#res.end();
  }

  drop(): void {
    this.#res.destroy();
  }
}
