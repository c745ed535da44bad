import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { RequestView } from '@brownout/core';

/** A Node request as the core sees it. Adapters say what the host's own object is and where parsed things are. */
export class NodeRequest<Native> implements RequestView<Native> {
  readonly #req: IncomingMessage;
  readonly url: string;
  readonly native: Native;

  /** `url` as the client sent it: hosts rewrite `req.url` under a mount. */
  constructor(req: IncomingMessage, url: string, native: Native) {
    this.#req = req;
    this.url = url;
    this.native = native;
  }

  get method(): string {
    return this.#req.method ?? 'GET';
  }

  get path(): string {
    const end = this.url.indexOf('?');
    return end === -1 ? this.url : this.url.slice(0, end);
  }

  get query(): string {
    const end = this.url.indexOf('?');
    return end === -1 ? '' : this.url.slice(end + 1);
  }

  get headers(): Readonly<Record<string, string | string[] | undefined>> {
    return this.#req.headers;
  }

  get rawHeaders(): readonly string[] {
    return this.#req.rawHeaders;
  }

  get protocol(): 'http' | 'https' {
    return (this.#req.socket as Partial<TLSSocket>)?.encrypted ? 'https' : 'http';
  }

  get certificate(): string | undefined {
    const socket = this.#req.socket as Partial<TLSSocket>;
    return socket?.encrypted ? socket.getPeerCertificate?.().fingerprint256 : undefined;
  }

  get body(): unknown {
    return (this.#req as { body?: unknown }).body;
  }

  get application(): object | undefined {
    return undefined;
  }

  get queryObject(): unknown {
    return undefined;
  }
}
