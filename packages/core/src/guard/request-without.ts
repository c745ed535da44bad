import type { RequestView } from '../request-view.ts';

/** A request as if a header had not been sent with it. */
export class RequestWithout<Native> implements RequestView<Native> {
  readonly #request: RequestView<Native>;
  readonly #name: string;

  constructor(request: RequestView<Native>, name: string) {
    this.#request = request;
    this.#name = name;
  }

  get headers(): RequestView['headers'] {
    const { [this.#name]: _, ...others } = this.#request.headers;
    return others;
  }

  get rawHeaders(): readonly string[] {
    const { rawHeaders } = this.#request;
    return rawHeaders.filter((_, at) => rawHeaders[at - (at % 2)]!.toLowerCase() !== this.#name);
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get path(): string {
    return this.#request.path;
  }

  get query(): string {
    return this.#request.query;
  }

  get protocol(): 'http' | 'https' {
    return this.#request.protocol;
  }

  get certificate(): string | undefined {
    return this.#request.certificate;
  }

  get body(): unknown {
    return this.#request.body;
  }

  get queryObject(): unknown {
    return this.#request.queryObject;
  }

  get application(): object | undefined {
    return this.#request.application;
  }

  get native(): Native {
    return this.#request.native;
  }
}
