import type { ServerResponse } from 'node:http';
import { nextTick } from 'node:process';
import type { Readable } from 'node:stream';
import type { AttemptEvents, CapturedAnswer, Reply } from '@brownout/core';
import { Capture } from './capture.ts';
import { hasClientLeft, isDestroyedHere, isDisconnected, isMoreToCome } from './connection.ts';
import { breakOff, deadenSetters, freezeStatus, hideClosing, type Method, uncorkAll } from './dead-response.ts';
import { lastOf } from './last-characters.ts';
import { PipedSources, releaseSource } from './piped-sources.ts';
import { type HeaderSetters, isHeadOut, namesLength, promisedLength, ResponseHead } from './response-head.ts';
import { type HeaderValues, headerGiven, headersSince } from './response-headers.ts';
import { sendReply } from './send-reply.ts';
import { shieldAnswered, shieldSocket } from './socket-shield.ts';

const kGate: unique symbol = Symbol('brownout.gate');

interface GatedResponse extends ServerResponse {
  [kGate]?: Gate;
}

/** An answer that flows, as a handler has given it to its host. */
export interface Offer {
  readonly status: number;
  isLost(): boolean;
}

/** How long an answer may wait for more when what was piped into it has died. */
const orphanMs = 1_000;

/** What a gate may add to the listeners of one event: an application that is near its limit must not be warned for them. */
const ownListeners = 3;

/** What the gate replaces from the start. */
type Held = 'writeHead' | 'write' | 'end' | 'flushHeaders' | 'destroy';

/**
 * waiting: nothing is out · flowing: the handler's answer is · held: a head was refused · answered: ours is out · released: hands
 * off · handed over: hands off until it is answered.
 */
type Phase = 'waiting' | 'flowing' | 'held' | 'answered' | 'released' | 'handed over';

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
  readonly #beneath: ReturnType<typeof methodsOf>;
  readonly #before: ResponseHead;
  #phase: Phase = 'waiting';
  /** Calls of what is beneath that are under way: while it is not 0, our wrappers only pass on. */
  #passing = 0;
  /** The status that the attempt last accepted. */
  #accepted = 0;
  /** The status that the head was made with: one that is set later goes nowhere. */
  #made = 0;
  #pinned = false;
  #ended = false;
  #destroyed = false;
  #orphaned: NodeJS.Timeout | undefined;
  #headArguments: readonly unknown[] = [];
  /** The coding of the bytes as they come to the gate: what is wrapped around it from outside may put on another. */
  #coding: unknown;
  #headers: HeaderValues | undefined;
  #capture: Capture | undefined;
  #captured: CapturedAnswer | undefined;
  /** Bytes of the body that were given, where a length was promised. */
  #given = 0;
  #sources: PipedSources | undefined;
  /** What the handler has given to be piped, until the host does so. */
  #offer: Offer | undefined;
  /** Its last characters, while that flows which last words can end. */
  #sent: string | undefined;
  /** Puts the real socket back. */
  #unshield: (() => void) | undefined;

  constructor(res: ServerResponse, attempt: AttemptEvents) {
    this.#res = res;
    this.attempt = attempt;
    this.#before = new ResponseHead(res);
    this.#beneath = methodsOf(res);
    this.#res[kGate] = this;
    this.#wrap();
    const most = res.getMaxListeners();
    if (most > 0) res.setMaxListeners(most + ownListeners);
    res.on('close', () => this.#closed());
    res.on('pipe', (source: Readable) => this.#piped(source));
    if (res.headersSent) this.#flow([]);
  }

  /** Whether a byte of the handler's own answer is out. */
  get flowing(): boolean {
    return this.#phase === 'flowing';
  }

  /** The last characters that have gone out of a stream that last words can end. */
  get sent(): string {
    return this.#sent ?? '';
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

  /**
   * From now on everything goes out as it is: the handler has given its whole answer, `captured` if that is wanted, and the host
   * alone has yet to write it. The end is still told.
   */
  pass(captured: CapturedAnswer | undefined): void {
    this.#pinned = true;
    this.#capture = undefined;
    this.#captured = captured;
  }

  /**
   * The handler has given its answer to be piped, and the host has yet to do so: until then no time runs, and another status than
   * this one comes from outside, unless the source is lost.
   */
  offer(offer: Offer): void {
    this.#offer = offer;
    this.attempt.given();
  }

  /** Takes hands off. */
  release(): void {
    this.#lift();
    this.#phase = 'released';
  }

  /** Takes hands off until somebody has answered; what comes after that is harmless. */
  handOver(): void {
    this.#phase = 'handed over';
  }

  /** A header as it stands, or as an explicit `writeHead` was given it. */
  header(name: string): unknown {
    if (name === 'content-encoding' && this.#phase === 'flowing') return this.#coding;
    return this.#res.getHeader(name) ?? headerGiven(this.#headArguments, name);
  }

  /** Puts status and headers back to what they were when the gate was put in. */
  restoreHead(): void {
    this.#pass(() => this.#before.restore(this.#res, this.#beneath as HeaderSetters));
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
    if (isMoreToCome(req) && req.readableFlowing !== null && req.httpVersionMajor < 2) {
      // somebody has begun to read, and may stop in the middle: the next request on this connection could not be found
      this.#beneath.setHeader.call(res, 'Connection', 'close');
    }
    this.#lift();
    shieldAnswered(res); // the handler may fail yet
    this.#pass(() => sendReply(res, reply));
    freezeStatus(res, reply.status);
    hideClosing(res);
  }

  /** Ends what flows: after `last`, or so that the client sees a broken body and not a short valid one. */
  cut(last: string | undefined): void {
    if (this.#phase !== 'flowing' || this.#ended) return;
    this.#phase = 'answered';
    this.#deaden();
    this.#releaseSources();
    this.#lift();
    clearTimeout(this.#orphaned);
    if (last === undefined) breakOff(this.#res, () => this.#call('destroy', []));
    else {
      shieldAnswered(this.#res);
      this.#call('end', [last]);
    }
  }

  /** Asks whether a head with this status may go out, and holds what follows if not. */
  accepts(status: number): boolean {
    if (this.#pinned || this.#accepted === status) return true;
    if (this.#offer !== undefined && status !== this.#offer.status && !this.#offer.isLost()) {
      this.attempt.replaced();
      return true;
    }
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
    this.#lift();
    // who hears that its time is over may end its request, and with that the connection, before we have answered
    this.#unshield = shieldSocket(this.#res.req, () => this.#dead);
  }

  /** Our own work on the response: meanwhile the wrappers only pass on. */
  #pass(work: () => void): void {
    this.#passing++;
    try {
      work();
    } finally {
      this.#passing--;
    }
  }

  #call(name: Held, args: unknown[]): unknown {
    this.#passing++;
    let isThrown = true;
    try {
      const returned = (this.#beneath[name] as Method).apply(this.#res, args);
      isThrown = false;
      return returned;
    } finally {
      this.#passing--;
      if (isThrown) this.#capture = undefined; // who knows what of it is out
      // what does not fit its head, or has no known coding, may be refused only when that is out
      if (isThrown && isHeadOut(this.#res)) this.#flow([]);
    }
  }

  #writeHead(args: unknown[]): unknown {
    let headers: HeaderValues | undefined;
    if (this.#phase === 'waiting' && !this.#res.headersSent) {
      this.#headArguments = args;
      const status = statusFrom(args[0]);
      if (status > 0 && this.#passing === 0 && !this.accepts(status)) return this.#res;
      if (status > 0 && this.attempt.capturing) headers = this.#ownHeaders(status);
      this.#coding = this.#res.getHeader('content-encoding') ?? headerGiven(args, 'content-encoding');
    }
    // who wraps `end` from outside may end our answer only later, and with it make its head
    if (this.#phase === 'answered' && !this.#res.headersSent) return this.#call('writeHead', [this.#res.statusCode]);
    if (this.#dead) return this.#res;
    const returned = this.#call('writeHead', args);
    this.#made = statusFrom(this.#res.statusCode);
    if (this.#passing === 0 && this.#phase === 'waiting') this.#shield();
    if (headers !== undefined) this.#wants(headers); // Node has taken them
    return returned;
  }

  /** The status that goes out, or would; 0 when Node makes no head with it. */
  get #status(): number {
    return this.#made > 0 && this.#res.headersSent ? this.#made : statusFrom(this.#res.statusCode);
  }

  /** An error page would end the connection of an answer whose head is made: where we can do better, it is ours to end. */
  #shield(): void {
    if (!this.attempt.mends) {
      this.#lift();
      return;
    }
    this.#unshield ??= shieldSocket(this.#res.req, () => this.#breaks(undefined));
    if (this.#phase === 'flowing') this.#sent = '';
  }

  #lift(): void {
    this.#unshield?.();
    this.#unshield = undefined;
  }

  /** Notes what the handler has put on the head by now, and asks how many bytes of the body are wanted. */
  gatherHeaders(status: number): { readonly headers: HeaderValues; readonly wanted: number } | undefined {
    const headers = this.#ownHeaders(status);
    return headers === undefined ? undefined : { headers, wanted: this.#wants(headers) };
  }

  #ownHeaders(status: number): HeaderValues | undefined {
    if (this.#headers !== undefined || status !== this.#accepted) return undefined;
    return headersSince(this.#res, this.#before.headers, this.#headArguments);
  }

  #wants(headers: HeaderValues): number {
    this.#headers = headers;
    const wanted = this.attempt.captures(this.#accepted, headers);
    if (wanted > 0) this.#capture = new Capture(wanted);
    return wanted;
  }

  /** Whether what the handler sends now goes nowhere; the first time, this asks. */
  #isRefused(): boolean {
    if (this.#passing === 0 && this.#phase === 'waiting') {
      const status = this.#status;
      if (status > 0 && !this.accepts(status)) return true;
    }
    return this.#dead;
  }

  #write(args: unknown[]): unknown {
    if (this.#isRefused()) return this.#swallow(args);
    const more = this.#call('write', args);
    if (this.#passing === 0) this.#flow(args);
    return more;
  }

  #end(args: unknown[]): unknown {
    if (this.#isRefused()) {
      this.#swallow(args);
      // a pipeline from an iterable waits for an end that has been; this, too, lets it go on
      if (this.#res.listenerCount('drain') > 0) nextTick(() => this.#res.emit('drain'));
      return this.#res;
    }
    const isOver = this.#res.writableEnded || this.#res.destroyed;
    const returned = this.#call('end', args);
    if (this.#passing > 0 || isOver) return returned;
    if (this.#phase === 'handed over') {
      this.#phase = 'answered';
      this.#deaden();
      freezeStatus(this.#res, this.#res.statusCode);
      shieldAnswered(this.#res);
    }
    this.#flow(args, true);
    if (this.#phase === 'flowing') this.#finish();
    return returned;
  }

  #flushHeaders(): void {
    if (this.#isRefused()) return;
    this.#call('flushHeaders', []);
    if (this.#passing === 0) this.#flow([]);
  }

  #destroy(args: unknown[]): unknown {
    if (this.#dead) return this.#res;
    const isLeft = hasClientLeft(this.#res);
    if (this.#passing === 0 && !isLeft && this.#breaks(args[0])) return this.#res;
    this.#destroyed = !isLeft;
    return this.#call('destroy', args);
  }

  /** Whether an answer of ours is in the place of one that breaks, or at its end. */
  #breaks(given: unknown): boolean {
    const error = given ?? new Error('The response was destroyed before it was whole');
    if (this.#phase !== 'waiting' && (this.#phase !== 'flowing' || this.#ended)) return false;
    return this.attempt.broke(error);
  }

  /** Something of the handler's own answer went out. */
  #flow(args: unknown[], isLast = false): void {
    if (this.#res.destroyed) return;
    if (this.#phase === 'waiting') {
      this.#phase = 'flowing';
      this.attempt.began(this.#status);
      if (!isLast) this.#shield();
    } else if (this.#phase !== 'flowing') return;
    clearTimeout(this.#orphaned);
    this.#capture?.add(args[0], args[1]);
    if (this.#sent !== undefined) this.#sent = lastOf(this.#sent, args[0], args[1]);
    if (!this.#pinned && promisedLength(this.#res) !== undefined) this.#given += bytesOf(args[0], args[1]);
    if (this.attempt.watchesFlow) this.attempt.flowed();
  }

  #finish(): void {
    this.#lift();
    if (isDisconnected(this.#res)) return; // nobody gets it: its close tells why
    if (!this.#pinned && this.#given !== (promisedLength(this.#res) ?? this.#given) && namesLength(this.#res)) {
      // a client would take the next answer on this connection for the rest of this one
      this.attempt.broke(new Error('The answer is not as long as its Content-Length has promised'));
    }
    this.#ended = true;
    const body = this.#capture?.body();
    this.#capture = undefined;
    const status = this.#status;
    if (body === undefined) this.attempt.ended('whole', status, this.#captured);
    else {
      const coding = this.#coding === undefined ? {} : { 'content-encoding': String(this.#coding) };
      this.attempt.ended('whole', status, { status, headers: { ...this.#headers, ...coding }, body });
    }
  }

  #closed(): void {
    this.#lift();
    clearTimeout(this.#orphaned);
    if (this.#ended || this.#phase === 'answered') return;
    this.#ended = true;
    this.#capture = undefined;
    const isTheirs = this.#phase === 'flowing' || this.#phase === 'waiting';
    const isBroken = isTheirs && (this.#destroyed || isDestroyedHere(this.#res));
    const ending = isBroken ? 'broken' : 'deserted';
    this.attempt.ended(ending, this.#status);
    this.#phase = 'released';
  }

  #piped(source: Readable): void {
    if (this.#dead) {
      releaseSource(source, this.#res);
      return;
    }
    if (this.#offer !== undefined) {
      this.#offer = undefined;
      this.attempt.taken();
    }
    this.#sources ??= new PipedSources(this.#res);
    this.#sources.add(source, () => {
      if (this.#phase === 'waiting') this.#orphan(source);
      // what flows may go on from elsewhere
      else this.#orphaned = setTimeout(() => this.#orphan(source), orphanMs);
    });
  }

  #orphan(source: Readable): void {
    if (!hasClientLeft(this.#res)) this.#breaks(source.errored ?? undefined);
  }

  #releaseSources(): void {
    this.#sources?.release();
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
    uncorkAll(this.#res);
    this.#wrap();
    deadenSetters(this.#res, this.#beneath, () => this.#passing > 0);
  }

  #wrap(): void {
    const res = this.#res as unknown as Record<Held, Method>;
    res.writeHead = (...args) => this.#writeHead(args);
    res.write = (...args) => this.#write(args);
    res.end = (...args) => this.#end(args);
    res.flushHeaders = () => this.#flushHeaders();
    res.destroy = (...args) => this.#destroy(args);
  }
}

function bytesOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string')
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as 'utf8') : 'utf8');
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

/** A status as Node takes it; 0 for one that it throws on, as it would have. */
function statusFrom(given: unknown): number {
  const status = typeof given === 'number' || typeof given === 'string' ? (given as number) | 0 : 0;
  return status >= 100 && status <= 999 ? status : 0;
}

/** The methods of a response as they are now, whoever wrapped them. */
function methodsOf(res: ServerResponse) {
  return {
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
    writeInformation: (res as { writeInformation?: Method }).writeInformation,
    writeHeader: (res as { writeHeader?: Method }).writeHeader,
    setTimeout: res.setTimeout,
    cork: res.cork,
    uncork: res.uncork,
  };
}
