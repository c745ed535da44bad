import type { IncomingMessage, ServerResponse } from 'node:http';

const watched = ['prefinish', 'finish', 'close', 'drain', 'error', 'timeout', 'pipe', 'unpipe'];
const properties = [
  'headersSent statusCode statusMessage sendDate chunkedEncoding shouldKeepAlive useChunkedEncodingByDefault',
  'strictContentLength writable writableEnded writableFinished writableLength writableNeedDrain writableCorked',
  'writableHighWaterMark writableObjectMode finished destroyed closed errored',
].flatMap((line) => line.split(' '));

/** Notes all that a handler can see of its response: what calls return, throw and change, and which events come when. */
export class Observer {
  readonly trace: string[] = [];
  readonly #callbacks: { readonly of: string; times: number }[] = [];
  readonly #res: ServerResponse;
  readonly #properties: readonly string[];
  #before = '';

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#res = res;
    // HTTP/2 warns of those that it does not have
    this.#properties = req.httpVersionMajor < 2 ? properties : properties.filter((name) => name !== 'statusMessage');
    res.setMaxListeners(0); // a program may add many
    for (const event of watched) res.on(event, (given: unknown) => this.note(`${event} ${errorText(given)}`));
    for (const event of ['end', 'close', 'aborted', 'error']) req.on(event, () => this.note(`request ${event}`));
  }

  note(text: string): void {
    this.trace.push(text);
  }

  /** How often each callback of these methods was called. */
  timesCalled(...methods: string[]): number[] {
    return this.#callbacks.filter(({ of }) => methods.includes(of)).map(({ times }) => times);
  }

  /** Something went wrong that no `try` could catch. */
  get hasUncaught(): boolean {
    return this.trace.some((line) => line.startsWith('uncaught'));
  }

  callback(of: string): (...given: unknown[]) => void {
    const callback = { of, times: 0 };
    const at = this.#callbacks.push(callback);
    return (...given) => {
      callback.times++;
      this.note(`callback ${at} of ${of}: ${given.map((value) => this.#text(value)).join()}`);
    };
  }

  /** Does one thing, and notes what came of it. */
  perform(label: string, work: () => unknown): void {
    let outcome: string;
    try {
      outcome = this.#text(work());
    } catch (error) {
      outcome = `throws ${errorText(error)}`;
    }
    const state = this.#state();
    this.note(`${label} -> ${outcome}${state === this.#before ? '' : ` | ${state}`}`);
    this.#before = state;
  }

  #state(): string {
    const res = this.#res as unknown as Record<string, unknown>;
    const values = this.#properties.map((name) => `${name}=${this.#text(res[name])}`);
    const socket = res['socket'] === null ? 'none' : typeof res['socket'];
    return `${values.join(' ')} socket=${socket} headers=${json(this.#res.getHeaders())}`;
  }

  #text(value: unknown): string {
    if (value === this.#res) return 'res';
    if (value instanceof Error) return errorText(value);
    if (typeof value !== 'object' || value === null) return String(value);
    const kind = (Object.getPrototypeOf(value) as object | null)?.constructor.name;
    return kind === undefined || kind === 'Object' || kind === 'Array' ? json(value) : kind;
  }
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { name, message, code } = error as NodeJS.ErrnoException;
  return `${name} ${code ?? ''} ${message}`;
}

const json = (value: object) => JSON.stringify(value, (_, own) => (typeof own === 'bigint' ? String(own) : own));
