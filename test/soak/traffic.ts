import { Connection } from './connection.ts';

/** What the clients have seen: every request is answered once, or its client has left. */
export interface Tally {
  sent: number;
  answered: number;
  abandoned: number;
  readonly breaches: string[];
}

/** A repeatable source of chance. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How many bytes an answer has that is no tier's; what is not here may be of any length. */
const lengths: Record<string, number> = { '/stream': 20_000, '/big': 3_000_000, '/ok': 13 };
const plain = [
  '/ok',
  '/ok',
  '/ok',
  '/fail',
  '/down',
  '/hang',
  '/waits',
  '/slow',
  '/late',
  '/late-raw',
  '/stream',
  '/cut',
  '/piped',
];
const timeouts = ['/hang', '/waits', '/late', '/late-raw', '/late-pipe', '/late-pipeline', '/piped'];
const patienceMs = 20_000;

let lastId = 0;

/** One client after another on connections of its own, until `isOver`. */
export class Client {
  readonly #port: number;
  readonly #random: () => number;
  readonly #tally: Tally;
  #connection: Connection;

  constructor(port: number, random: () => number, tally: Tally) {
    this.#port = port;
    this.#random = random;
    this.#tally = tally;
    this.#connection = new Connection(port);
  }

  async mixed(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const at = this.#random();
      if (at < 0.62) await this.#ask([this.#pick(plain)]);
      else if (at < 0.74)
        await this.#ask(Array.from({ length: 2 + Math.floor(this.#random() * 6) }, () => this.#pick(plain)));
      else if (at < 0.82) await this.#upload();
      else if (at < 0.86) await this.#ask(['/big'], Math.floor(this.#random() * 30));
      else if (at < 0.93) await this.#leaves(this.#pick(plain), Math.floor(this.#random() * 30));
      else await this.#leavesInside(this.#pick(['/stream', '/big', '/cut']));
    }
    this.#connection.leave();
  }

  /** `many` on one connection at a time. */
  async timeouts(isOver: () => boolean, many: number): Promise<void> {
    while (!isOver()) await this.#ask(Array.from({ length: many }, () => this.#pick(timeouts)));
    this.#connection.leave();
  }

  #pick(from: readonly string[]): string {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #breach(what: string): void {
    if (this.#tally.breaches.length < 20) this.#tally.breaches.push(what);
  }

  #request(path: string, method = 'GET', length = 0): { readonly id: string; readonly head: string } {
    const id = String(++lastId);
    this.#tally.sent++;
    const more = length > 0 ? `Content-Length: ${length}\r\nContent-Type: application/octet-stream\r\n` : '';
    return { id, head: `${method} ${path} HTTP/1.1\r\nHost: soak\r\nX-Id: ${id}\r\n${more}\r\n` };
  }

  /** Asks for these, pipelined where they are several. */
  async #ask(paths: readonly string[], pauseMs = 0): Promise<void> {
    const asked = paths.map((path) => ({ path, ...this.#request(path) }));
    this.#connection.send(asked.map(({ head }) => head).join(''));
    for (const { path, id } of asked) await this.#expect(path, id, pauseMs);
    this.#settled();
  }

  async #upload(): Promise<void> {
    const body = Buffer.alloc(20_000 + Math.floor(this.#random() * 100_000));
    const { id, head } = this.#request('/upload', 'POST', body.length);
    this.#connection.send(head);
    for (let at = 0; at < body.length; at += 30_000) {
      this.#connection.send(body.subarray(at, at + 30_000));
      await new Promise(setImmediate);
    }
    await this.#expect('/upload', id, 0);
    this.#settled();
  }

  async #leaves(path: string, afterMs: number): Promise<void> {
    this.#connection.send(this.#request(path).head);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    this.#abandon();
  }

  async #leavesInside(path: string): Promise<void> {
    this.#connection.send(this.#request(path).head);
    await this.#connection.begun();
    this.#abandon();
  }

  #abandon(): void {
    this.#tally.abandoned++;
    this.#connection.leave();
    this.#connection = new Connection(this.#port);
  }

  async #expect(path: string, id: string, pauseMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, patienceMs, 'late');
    });
    const answer = await Promise.race([this.#connection.answer(pauseMs), late]);
    clearTimeout(timer);
    if (answer === 'late' || answer === undefined) {
      this.#breach(`${path}: ${answer === 'late' ? 'no answer' : 'the connection ended instead'}`);
      return;
    }
    const { headers, status, bytes, whole } = answer;
    const isTier = headers['brownout-fallback'] !== undefined;
    if (headers['x-id'] !== id) this.#breach(`${path}: the answer to ${headers['x-id']} instead of ${id}`);
    else if (!whole) this.#breach(`${path}: a broken answer`);
    else if (status !== 200 && !isTier && !isStalled(path, status)) this.#breach(`${path}: ${status}`);
    else if (!isTier && (lengths[path] ?? bytes) !== bytes) this.#breach(`${path}: ${bytes} bytes`);
    else this.#tally.answered++;
    if (headers['connection'] === 'close') this.#connection.leave();
  }

  /** Nothing may come that nobody has asked for. */
  #settled(): void {
    if (!this.#connection.isClean) this.#breach('bytes after the last answer');
    if (this.#connection.isOpen && this.#connection.isClean) return;
    this.#connection.leave();
    this.#connection = new Connection(this.#port);
  }
}

/** On a busy machine an upload may stand still for longer than the deadline. */
const isStalled = (path: string, status: number) => path === '/upload' && status === 408;
