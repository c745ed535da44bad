import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { AttemptEvents, CapturedAnswer, Reply } from '@brownout/core';
import { isMoreToCome } from './connection.ts';
import { breakOff, freezeStatus, hideClosing } from './dead-response.ts';
import { HandlerAnswer, type Offer } from './handler-answer.ts';
import { deaden, wrapMethods } from './handler-calls.ts';
import { HeldResponse } from './held-response.ts';
import type { HeaderSetters } from './response-head.ts';
import type { HeaderValues } from './response-headers.ts';
import { sendReply } from './send-reply.ts';
import { shieldAnswered } from './socket-shield.ts';

const kGate: unique symbol = Symbol('brownout.gate');

interface GatedResponse extends ServerResponse {
  [kGate]?: Gate;
}

/** What a gate may add to the listeners of one event: an application that is near its limit must not be warned for them. */
const ownListeners = 3;

/** The gate that governs a response now, the innermost. */
export function gateOf(res: ServerResponse): Gate | undefined {
  return (res as GatedResponse)[kGate];
}

/**
 * Stands between a handler and its response until the first byte: asks the attempt whether a head may go out, and either
 * lets everything flow, untouched, or holds it and answers in the handler's place.
 */
export class Gate {
  readonly attempt: AttemptEvents;
  readonly #held: HeldResponse;
  readonly #answer: HandlerAnswer;

  constructor(res: ServerResponse, attempt: AttemptEvents) {
    const held = new HeldResponse(res);
    const answer = new HandlerAnswer(held, attempt);
    this.attempt = attempt;
    this.#held = held;
    this.#answer = answer;
    (res as GatedResponse)[kGate] = this;
    wrapMethods(held, answer);
    const most = res.getMaxListeners();
    if (most > 0) res.setMaxListeners(most + ownListeners);
    res.on('close', () => answer.closed());
    res.on('pipe', (source: Readable) => answer.piped(source));
    if (res.headersSent) answer.flow([]);
  }

  /** Whether a byte of the handler's own answer is out. */
  get flowing(): boolean {
    return this.#held.phase === 'flowing';
  }

  /** The last characters that have gone out of a stream that last words can end. */
  get sent(): string {
    return this.#answer.body.last;
  }

  /** Whether nothing has been decided. */
  get waiting(): boolean {
    return this.#held.phase === 'waiting';
  }

  /** Whether an answer of ours can still be put in the place of the handler's: a head may be made, but none is sent. */
  get takesOver(): boolean {
    return this.#held.phase === 'waiting' || this.#held.phase === 'held';
  }

  /**
   * Calls back if the application hears nowhere else why its answer was ended. `isHeard`: the handler does, where it does not leave that to
   * what it pipes.
   */
  ifUntold(isHeard: boolean, then: () => void): void {
    const { telling } = this.#answer;
    if (telling === undefined) {
      if (!isHeard) then();
    } else if (telling.length === 0) then();
    else {
      // a generator that goes on waiting keeps the error to itself
      setImmediate(() => {
        if (!telling.some(({ closed }) => closed)) then();
      });
    }
  }

  /** Holds whatever comes, whatever its status. `why`: told to who listens for the errors of what was piped. */
  hold(why?: Error): void {
    if (this.#held.phase === 'waiting') this.#answer.hold(why);
  }

  /**
   * From now on everything goes out as it is: the handler has given its whole answer, `captured` if that is wanted, and the host
   * alone has yet to write it. The end is still told.
   */
  pass(captured: CapturedAnswer | undefined): void {
    this.#answer.body.give(captured);
  }

  /**
   * The handler has given its answer to be piped, and the host has yet to do so: until then no time runs, and another status than
   * this one comes from outside, unless the source is lost.
   */
  offer(offer: Offer): void {
    this.#answer.offer(offer);
  }

  /** Takes hands off. */
  release(): void {
    this.#answer.unshield();
    this.#held.phase = 'released';
  }

  /** Takes hands off until somebody has answered; what comes after that is harmless. */
  handOver(): void {
    this.#held.phase = 'handed over';
  }

  /** A header as it stands, or as an explicit `writeHead` was given it. */
  header(name: string): unknown {
    const { head } = this.#answer;
    return name === 'content-encoding' && this.#held.phase === 'flowing' ? head.coding : head.header(name);
  }

  /** Puts status and headers back to what they were when the gate was put in. */
  restoreHead(): void {
    this.#held.pass(() => this.#answer.head.restore(this.#held.beneath as HeaderSetters));
  }

  /** Answers in the handler's place. What the handler does to the response from now on is harmless. */
  reply(reply: Reply): void {
    if (this.#held.phase === 'released') return;
    const { res, beneath } = this.#held;
    this.restoreHead();
    this.#silence();
    const { req } = res;
    if (isMoreToCome(req) && req.readableFlowing !== null && req.httpVersionMajor < 2) {
      // somebody has begun to read, and may stop in the middle: the next request on this connection could not be found
      beneath.setHeader.call(res, 'Connection', 'close');
    }
    shieldAnswered(res); // the handler may fail yet
    this.#held.pass(() => sendReply(res, reply));
    freezeStatus(res, reply.status);
    hideClosing(res);
  }

  /**
   * Ends what flows: after `last`, or so that the client sees a broken body and not a short valid one. `why`: told to who listens for the
   * errors of what was piped.
   */
  cut(last: string | undefined, why?: Error): void {
    if (this.#held.phase !== 'flowing' || this.#answer.isOver) return;
    const { res } = this.#held;
    const mayGoOn = this.#silence(why);
    if (last === undefined || !mayGoOn) breakOff(res, () => this.#held.call('destroy', []));
    else {
      shieldAnswered(res);
      this.#held.call('end', [last]);
    }
  }

  /** From now on the answer is ours, and nothing of the handler's goes out. `false`: nor can anything of ours. */
  #silence(why?: Error): boolean {
    this.#held.phase = 'answered';
    const mayGoOn = deaden(this.#held, this.#answer);
    this.#answer.letGo(why);
    return mayGoOn;
  }

  /** Asks whether a head with this status may go out, and holds what follows if not. */
  accepts(status: number): boolean {
    return this.#answer.accepts(status);
  }

  /** Notes what the handler has put on the head by now, and asks how many bytes of the body are wanted. */
  gatherHeaders(status: number): { readonly headers: HeaderValues; readonly wanted: number } | undefined {
    const headers = this.#answer.wantedHeaders(status);
    return headers === undefined ? undefined : { headers, wanted: this.#answer.bytesWanted(headers) };
  }
}
