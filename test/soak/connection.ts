import { connect, type Socket } from 'node:net';
import { readable } from '../transparent/client.ts';

/** One answer as it came; not `whole` where the connection ended before it did. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly whole: boolean;
}

class Ended extends Error {}

/** A client's connection that knows to the byte where an answer ends. */
export class Connection {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {}); // its close is told to who reads
  }

  /** Whether nothing has come that was not asked for. */
  get isClean(): boolean {
    return this.#buffer.length === 0 && this.#socket.readableLength === 0;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && !this.#socket.readableEnded;
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  leave(): void {
    this.#socket.destroy();
  }

  /** Once something has come, or the connection has ended. */
  async begun(): Promise<void> {
    await this.#more().catch(() => {});
  }

  /** The next answer, its body read after a pause; `undefined` where the connection ended before its head. */
  async answer(pauseMs = 0): Promise<Answer | undefined> {
    let bytes = 0;
    let status = 0;
    const headers: Record<string, string> = {};
    try {
      status = Number((await this.#line()).split(' ')[1]);
      for (let line = await this.#line(); line !== ''; line = await this.#line()) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
      }
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (headers['transfer-encoding'] === 'chunked') {
        for (let size = -1; size !== 0; ) {
          size = Number.parseInt(await this.#line(), 16);
          await this.#skip(size + 2);
          bytes += size;
        }
      } else {
        bytes = Number(headers['content-length'] ?? 0);
        await this.#skip(bytes);
      }
      return { status, headers, bytes, whole: true };
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      return status === 0 ? undefined : { status, headers, bytes, whole: false };
    }
  }

  async #more(): Promise<void> {
    for (;;) {
      const chunk: Buffer | null = this.#socket.read();
      if (chunk !== null) {
        this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
        return;
      }
      if (!this.isOpen) throw new Ended();
      await readable(this.#socket);
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#buffer.toString('latin1', 0, end);
        this.#buffer = this.#buffer.subarray(end + 2);
        return line;
      }
      await this.#more();
    }
  }

  async #skip(count: number): Promise<void> {
    let left = count;
    while (left > this.#buffer.length) {
      left -= this.#buffer.length;
      this.#buffer = Buffer.alloc(0);
      await this.#more();
    }
    this.#buffer = this.#buffer.subarray(left);
  }
}
