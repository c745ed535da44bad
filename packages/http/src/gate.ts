import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { nextTick } from 'node:process';
import type { Readable } from 'node:stream';
import type { AttemptEvents, Reply } from '@brownout/core';
import { Capture } from './capture.ts';
import { type HeaderValues, headersSince, snapshotHeaders } from './response-headers.ts';
import { sendReply } from './send-reply.ts';

const kGate: unique symbol = Symbol('brownout.gate');
const kDegraded: unique symbol = Symbol.for('brownout.degraded') as never;

interface GatedResponse extends ServerResponse {
  [kGate]?: Gate;
  [kDegraded]?: boolean;
}

/** The parts of Node's response that are not in its types: what a head that is made but not sent has left behind. */
interface UnsentHead {
  _header: string | null;
  _headerSent: boolean;
  _contentLength: number | null;
  _hasBody: boolean;
  chunkedEncoding: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: these stand in for overloaded methods and hand on whatever they are given
type Method = (...args: any[]) => any;

/** What the gate replaces from the start, and what it replaces when it answers in the handler's place. */
const held = ['writeHead', 'write', 'end', 'flushHeaders', 'destroy'] as const;
const setters = [
  'setHeader',
  'setHeaders',
  'appendHeader',
  'removeHeader',
  'addTrailers',
  'writeContinue',
  'writeProcessing',
  'writeEarlyHints',
  'writeInformation',
] as const;
type Name = (typeof held)[number] | (typeof setters)[number];
type Methods = Partial<Record<Name, Method>>;

/** waiting: nothing is out · flowing: the handler's answer is · held: a head was refused · answered: ours is out · released: hands off. */
type Phase = 'waiting' | 'flowing' | 'held' | 'answered' | 'released';

/** Whether the answer on this response came from a fallback tier. */
export function isDegraded(res: ServerResponse): boolean {
  return (res as GatedResponse)[kDegraded] === true;
}

export function markDegraded(res: ServerResponse): void {
  (res as GatedResponse)[kDegraded] = true;
}

/** The gate that governs a response now, the innermost. */
export function gateOf(res: ServerResponse): Gate | undefined {
  return (res as GatedResponse)[kGate];
}

/**
 * Stands between a handler and its response until the first byte: asks the attempt whether a head may go out, and either
 * lets everything flow, untouched, or holds it and answers in the handler's place. Own methods by plain assignment keep the
 * order of wrapping: who wrapped the response before is outside, who wraps it after is inside.
 */
export class Gate {
  readonly #res: GatedResponse;
  readonly attempt: AttemptEvents;
  readonly #beneath: Methods;
  readonly #headersBefore: OutgoingHttpHeaders;
  readonly #statusBefore: number;
  #phase: Phase = 'waiting';
  /** Calls of what is beneath that are under way: while it is not 0, our wrappers only pass on. */
  #passing = 0;
  /** The status that the attempt last accepted. */
  #accepted = 0;
  #pinned = false;
  #ended = false;
  #destroyed = false;
  #headers: HeaderValues | undefined;
  #capture: Capture | undefined;
  #sources: Readable[] | undefined;

  constructor(res: ServerResponse, attempt: AttemptEvents) {
    this.#res = res;
    this.attempt = attempt;
    this.#headersBefore = snapshotHeaders(res);
    this.#statusBefore = res.statusCode;
    this.#beneath = {
      writeHead: res.writeHead,
      write: res.write,
      end: res.end,
      flushHeaders: res.flushHeaders,
      destroy: res.destroy,
      setHeader: res.setHeader,
      setHeaders: res.setHeaders,
      appendHeader: res.appendHeader,
      removeHeader: res.removeHeader,
      addTrailers: res.addTrailers,
      writeContinue: res.writeContinue,
      writeProcessing: res.writeProcessing,
      writeEarlyHints: res.writeEarlyHints,
      writeInformation: (res as unknown as Methods).writeInformation!,
    };
    this.#res[kGate] = this;
    res.writeHead = ((...args: unknown[]) => this.#writeHead(args)) as never;
    res.write = ((...args: unknown[]) => this.#write(args)) as never;
    res.end = ((...args: unknown[]) => this.#end(args)) as never;
    res.flushHeaders = () => this.#flushHeaders();
    res.destroy = ((...args: unknown[]) => this.#destroy(args)) as never;
    res.on('close', () => this.#closed());
    res.on('pipe', (source: Readable) => this.#piped(source));
    if (res.headersSent) this.#flow([]);
  }

  /** Whether a byte of the handler's own answer is out. */
  get flowing(): boolean {
    return this.#phase === 'flowing';
  }

  /** Whether nothing has been decided. */
  get waiting(): boolean {
    return this.#phase === 'waiting';
  }

  /** Whether an answer of ours can still be put in the place of the handler's: a head may be made, but none is sent. */
  get takesOver(): boolean {
    return this.#phase === 'waiting' || this.#phase === 'held';
  }

  /** Holds whatever comes, whatever its status. */
  hold(): void {
    if (this.#phase === 'waiting') this.#hold();
  }

  /** From now on everything goes out as it is; the end of the answer is still told. */
  pass(status: number): void {
    this.#accepted = status;
    this.#pinned = true;
  }

  /** Takes hands off. */
  release(): void {
    this.#phase = 'released';
  }

  /** Puts status and headers back to what they were when the gate was put in. */
  restoreHead(): void {
    const res = this.#res;
    if (res.headersSent) this.#uncommitHead();
    for (const name of res.getHeaderNames()) {
      if (name in this.#headersBefore) continue;
      this.#call('removeHeader', [name]);
      if (name === 'date') res.sendDate = true; // removing it switched it off
    }
    for (const name in this.#headersBefore) {
      const value = this.#headersBefore[name]!;
      if (res.getHeader(name) !== value) this.#call('setHeader', [name, value]);
    }
    res.statusCode = this.#statusBefore;
    if (res.req.httpVersionMajor < 2) res.statusMessage = undefined as never; // it sticks
  }

  /** Answers in the handler's place. What the handler does to the response from now on is harmless. */
  reply(reply: Reply): void {
    if (this.#phase === 'released') return;
    const res = this.#res;
    this.restoreHead();
    this.#phase = 'answered';
    this.#deaden();
    this.#releaseSources();
    const { req } = res;
    if (!req.complete && req.readableFlowing !== null && req.httpVersionMajor < 2) {
      // somebody stopped reading in the middle of the request: the next one on this connection could not be found
      this.#call('setHeader', ['Connection', 'close']);
    }
    this.#passing++;
    try {
      sendReply(res, reply);
    } finally {
      this.#passing--;
    }
    freezeStatus(res, reply.status);
    shieldSocket(res);
  }

  /** Ends what flows: after `last`, or so that the client sees a broken body and not a short valid one. */
  cut(last: string | undefined): void {
    if (this.#phase !== 'flowing' || this.#ended) return;
    this.#phase = 'answered';
    this.#deaden();
    this.#releaseSources();
    this.#call(last === undefined ? 'destroy' : 'end', last === undefined ? [] : [last]);
    shieldSocket(this.#res);
  }

  #accepts(status: number): boolean {
    if (this.#pinned || this.#accepted === status) return true;
    if (!this.attempt.accepts(status)) {
      this.#hold();
      return false;
    }
    this.#accepted = status;
    return true;
  }

  #hold(): void {
    if (this.#phase === 'waiting') this.#phase = 'held';
    this.#releaseSources();
  }

  #call(name: Name, args: unknown[]): unknown {
    this.#passing++;
    try {
      return this.#beneath[name]!.apply(this.#res, args);
    } finally {
      this.#passing--;
    }
  }

  #writeHead(args: unknown[]): unknown {
    const status = (args[0] as number) | 0;
    if (this.#phase === 'waiting') {
      const legal = status >= 100 && status <= 999 && !this.#res.headersSent;
      if (legal && this.#passing === 0 && !this.#accepts(status)) return this.#res;
      if (legal && this.attempt.capturing) this.#gatherHeaders(status, args);
    }
    return this.#dead ? this.#res : this.#call('writeHead', args);
  }

  #gatherHeaders(status: number, args: unknown[]): void {
    if (this.#headers !== undefined || status !== this.#accepted) return;
    this.#headers = headersSince(this.#res, this.#headersBefore, args);
    const limit = this.attempt.captures(status, this.#headers);
    if (limit > 0) this.#capture = new Capture(limit);
  }

  #write(args: unknown[]): unknown {
    if (this.#passing === 0 && this.#phase === 'waiting' && !this.#accepts(this.#res.statusCode))
      return this.#swallow(args);
    if (this.#dead) return this.#swallow(args);
    const more = this.#call('write', args);
    if (this.#passing === 0) this.#flow(args);
    return more;
  }

  #end(args: unknown[]): unknown {
    if (this.#passing === 0 && this.#phase === 'waiting' && !this.#accepts(this.#res.statusCode)) {
      this.#swallow(args);
      return this.#res;
    }
    if (this.#dead) {
      this.#swallow(args);
      return this.#res;
    }
    const again = this.#res.writableEnded;
    const returned = this.#call('end', args);
    if (this.#passing > 0 || again) return returned;
    this.#flow(args);
    if (this.#phase === 'flowing') this.#finish();
    return returned;
  }

  #flushHeaders(): void {
    if (this.#passing === 0 && this.#phase === 'waiting' && !this.#accepts(this.#res.statusCode)) return;
    if (this.#dead) return;
    this.#call('flushHeaders', []);
    if (this.#passing === 0) this.#flow([]);
  }

  #destroy(args: unknown[]): unknown {
    if (this.#dead) return this.#res;
    if (this.#passing === 0 && this.#phase === 'waiting' && this.attempt.threw(args[0])) return this.#res;
    this.#destroyed = true;
    this.#call('destroy', args);
    return this.#res;
  }

  /** Something of the handler's own answer went out. */
  #flow(args: unknown[]): void {
    if (this.#phase === 'waiting') {
      this.#phase = 'flowing';
      this.attempt.began(this.#res.statusCode);
    } else if (this.#phase !== 'flowing') return;
    this.#capture?.add(args[0], args[1]);
    if (this.attempt.watchesFlow) this.attempt.flowed();
  }

  #finish(): void {
    this.#ended = true;
    const body = this.#capture?.body();
    this.#capture = undefined;
    const status = this.#res.statusCode;
    if (body === undefined) this.attempt.ended('whole', status);
    else this.attempt.ended('whole', status, { status, headers: this.#headers!, body });
  }

  #closed(): void {
    if (this.#ended || this.#phase === 'answered') return;
    this.#ended = true;
    this.#capture = undefined;
    const ending = this.#phase === 'flowing' && this.#destroyed ? 'broken' : 'deserted';
    this.attempt.ended(ending, this.#res.statusCode);
    this.#phase = 'released';
  }

  #piped(source: Readable): void {
    if (this.#dead) release(source, this.#res);
    else this.#sources = [...(this.#sources ?? []), source];
  }

  #releaseSources(): void {
    for (const source of this.#sources ?? []) release(source, this.#res);
    this.#sources = undefined;
  }

  get #dead(): boolean {
    return this.#passing === 0 && (this.#phase === 'held' || this.#phase === 'answered');
  }

  /** True, so that a pipe neither stops nor takes it for an error; the callback comes, as it would have. */
  #swallow(args: unknown[]): true {
    const callback = args.at(-1);
    if (typeof callback === 'function') nextTick(callback as () => void);
    return true;
  }

  /**
   * Puts wrappers on top of whatever was put on the response since: inner middleware holds on to our first ones, and would
   * otherwise add its own headers and bytes to our answer.
   */
  #deaden(): void {
    const res = this.#res as unknown as Record<Name, Method>;
    res.writeHead = (...args) => this.#writeHead(args);
    res.write = (...args) => this.#write(args);
    res.end = (...args) => this.#end(args);
    res.flushHeaders = () => this.#flushHeaders();
    res.destroy = (...args) => this.#destroy(args);
    for (const name of setters) {
      if (this.#beneath[name] === undefined) continue;
      res[name] = (...args) => (this.#passing > 0 ? this.#call(name, args) : deadResult(name, res));
    }
  }

  /** A head that was made and not sent is unmade: only HTTP/1 has such a thing. */
  #uncommitHead(): void {
    const made = this.#res as unknown as UnsentHead;
    if (typeof made._header !== 'string' || made._headerSent) return;
    made._header = null;
    made._contentLength = null;
    made._hasBody = true;
    made.chunkedEncoding = false;
  }
}

function deadResult(name: Name, res: unknown): unknown {
  return name === 'setHeader' || name === 'setHeaders' || name === 'appendHeader' ? res : undefined;
}

function release(source: Readable, res: ServerResponse): void {
  source.unpipe(res);
  if (source === (res.req as Readable)) source.resume();
  else source.destroy();
}

/** Access logs tell the status that the client got, whatever the handler sets later. */
function freezeStatus(res: ServerResponse, status: number): void {
  Object.defineProperty(res, 'statusCode', { get: () => status, set() {}, configurable: true, enumerable: true });
}

/** An error page that finds the head sent destroys `req.socket`: that would end the connection of an answer that is whole. */
function shieldSocket(res: ServerResponse): void {
  const { req } = res;
  if (req.httpVersionMajor >= 2 || !req.socket) return;
  const shield = Object.create(req.socket, { destroy: { value: () => shield, configurable: true, writable: true } });
  req.socket = shield;
}
