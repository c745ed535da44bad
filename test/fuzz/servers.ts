import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Handler, Subject } from './handler.ts';

type Create = (listener: RequestListener) => NetServer;

/** A server whose requests for `/fuzz` are answered by the handler that it expects. */
export class Rig {
  readonly #server: NetServer;
  #handler: Handler | undefined;
  #performed: (() => void) | undefined;

  /** `listener`: made once, from what answers a request. What that returns settles as the handler does. */
  constructor(
    listener: (answer: (subject: Subject) => Promise<void>) => RequestListener,
    create: Create = createServer,
  ) {
    this.#server = create(listener((subject) => this.#answer(subject)));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }

  close(): void {
    this.#server.close();
  }

  /** Settles when the handler has done everything. */
  expect(handler: Handler): Promise<void> {
    this.#handler = handler;
    return new Promise((resolve) => {
      this.#performed = resolve;
    });
  }

  /** For what a host tells of the handler's errors. */
  note(text: string): void {
    this.#handler?.observer?.note(text);
  }

  /** The server's end of the next connection. */
  async connection(): Promise<Socket> {
    const [socket] = await once(this.#server, 'connection');
    return socket;
  }

  #answer(subject: Subject): Promise<void> {
    return this.#handler!.handle(subject).finally(this.#performed);
  }
}
