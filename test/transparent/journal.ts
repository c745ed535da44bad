import type { IncomingMessage, ServerResponse } from 'node:http';

const told = ['pipe', 'unpipe', 'drain', 'prefinish', 'finish', 'error', 'close'];
const toldOfRequest = ['aborted', 'end', 'error', 'close'];

/** A response that has not closed by then is noted as such: a difference, too, where only one of two applications does it. */
const patienceMs = 3_000;

/** What happens in the server to one request: the events of request and response, and what its handler has to say. */
export class Page {
  readonly facts: string[] = [];
  readonly ofRequest: string[] = [];
  readonly #work: Promise<unknown>[] = [];

  constructor(req: IncomingMessage, res: ServerResponse) {
    for (const event of told) {
      res.on(event, () => {
        // how often a slow socket drains is nobody's doing
        if (event !== 'drain' || !this.facts.includes('drain')) this.facts.push(event);
      });
    }
    for (const event of toldOfRequest) req.on(event, () => this.ofRequest.push(event));
    this.waitFor(new Promise((resolve) => res.once('close', () => this.#closed(res, resolve))));
  }

  #closed(res: ServerResponse, then: (value?: unknown) => void): void {
    const { statusCode, headersSent, writableEnded, writableFinished, destroyed } = res;
    this.note('at close', { statusCode, headersSent, writableEnded, writableFinished, destroyed });
    then();
  }

  note(fact: string, value?: unknown): void {
    this.facts.push(value === undefined ? fact : `${fact}: ${shown(value)}`);
  }

  /** Notes what is returned or thrown. */
  attempt(fact: string, work: () => unknown): void {
    try {
      this.note(fact, work() ?? 'nothing');
    } catch (error) {
      this.note(`${fact} throws`, error);
    }
  }

  /** Notes when, and with what, a callback is called. */
  called(fact: string): (error?: unknown) => void {
    return (error) => this.note(`${fact} is called`, error ?? 'with nothing');
  }

  waitFor(work: unknown): void {
    this.#work.push(Promise.resolve(work).catch((error) => this.note('rejected', error)));
  }

  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve(this.note('never settled')), patienceMs);
    });
    await Promise.race([Promise.all(this.#work), late]);
    clearTimeout(timer);
    await new Promise(setImmediate); // callbacks of what was done last
  }
}

function shown(value: unknown): string {
  if (value instanceof Error) return `${value.name} ${(value as { code?: string }).code ?? ''} ${value.message}`;
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value)
    ? JSON.stringify(value).replaceAll('"', '')
    : 'an object';
}

/** The pages of one run, in the order in which requests came. */
export class Journal {
  readonly #pages = new Map<IncomingMessage, Page>();
  /** What is not about one request. */
  readonly extra: string[] = [];

  readonly #first = Promise.withResolvers<void>();
  /** Once a request has come. */
  readonly begun = this.#first.promise;

  open(req: IncomingMessage, res: ServerResponse): void {
    this.#pages.set(req, new Page(req, res));
    this.#first.resolve();
  }

  page(req: IncomingMessage): Page {
    return this.#pages.get(req)!;
  }

  async read(): Promise<object> {
    for (const page of this.#pages.values()) await page.settled();
    const pages = [...this.#pages.values()].map(({ facts, ofRequest }) => ({ facts, ofRequest }));
    return { pages, extra: this.extra };
  }
}
