import type { Readable } from 'node:stream';
import type { AttemptEvents } from '@brownout/core';
import { hasClientLeft, isDestroyedHere, isDisconnected } from './connection.ts';
import type { HeldResponse } from './held-response.ts';
import { PipedSources, releaseSource } from './piped-sources.ts';
import { ResponseHead } from './response-head.ts';
import type { HeaderValues } from './response-headers.ts';
import { SentBody } from './sent-body.ts';
import { shieldSocket } from './socket-shield.ts';
import { isHeadOut } from './unsent-head.ts';

/** An answer that flows, as a handler has given it to its host. */
export interface Offer {
  readonly status: number;
  isLost(): boolean;
}

/** The handler's own answer: asks the attempt whether it may go out, and tells how it flows and ends. */
export class HandlerAnswer {
  readonly head: ResponseHead;
  readonly body: SentBody;
  readonly #held: HeldResponse;
  readonly #attempt: AttemptEvents;
  /** The status that the attempt last accepted. */
  #accepted = 0;
  #isOver = false;
  #isDestroyed = false;
  #sources: PipedSources | undefined;
  #telling: readonly Readable[] | undefined;
  /** What the handler has given to be piped, until the host does so. */
  #offer: Offer | undefined;
  /** Puts the real socket back. */
  #unshield: (() => void) | undefined;

  constructor(held: HeldResponse, attempt: AttemptEvents) {
    this.head = new ResponseHead(held.res);
    this.body = new SentBody(held.res);
    this.#held = held;
    this.#attempt = attempt;
  }

  /** Whether it is whole, or its response is closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The handler has given it to be piped, and the host has yet to do so. */
  offer(offer: Offer): void {
    this.#offer = offer;
    this.#attempt.given();
  }

  /** Asks whether a head with this status may go out, and holds what follows if not. */
  accepts(status: number): boolean {
    if (this.body.isGiven || this.#accepted === status) return true;
    if (this.#offer !== undefined && status !== this.#offer.status && !this.#offer.isLost()) {
      this.#attempt.replaced();
      return true;
    }
    if (!this.#attempt.accepts(status)) {
      this.hold();
      return false;
    }
    this.#accepted = status;
    return true;
  }

  /** Whether what the handler sends now goes nowhere; the first time, this asks. */
  isRefused(): boolean {
    if (!this.#held.isPassing && this.#held.phase === 'waiting') {
      const { status } = this.head;
      if (status > 0 && !this.accepts(status)) return true;
    }
    return this.#held.isDead;
  }

  hold(why?: Error): void {
    if (this.#held.phase === 'waiting') this.#held.phase = 'held';
    this.letGo(why);
    // who hears that its time is over may end its request, and with that the connection, before we have answered
    this.#unshield = shieldSocket(this.#held.res.req, () => this.#held.isDead);
  }

  /** The sources that tell whoever listens to them why they were let go of; `undefined` where none was, or for no reason. */
  get telling(): readonly Readable[] | undefined {
    return this.#telling;
  }

  /** Lets go of the sources, for this reason, and of the socket. */
  letGo(why?: Error): void {
    const telling = this.#sources?.release(why);
    if (why !== undefined) this.#telling ??= telling;
    this.unshield();
  }

  unshield(): void {
    this.#unshield?.();
    this.#unshield = undefined;
  }

  /** An error page would end the connection of an answer whose head is made: where we can do better, it is ours to end. */
  #shield(): void {
    if (!this.#attempt.mends) {
      this.unshield();
      return;
    }
    this.#unshield ??= shieldSocket(this.#held.res.req, () => this.#breaks(undefined));
    if (this.#held.phase === 'flowing') this.body.keepLast();
  }

  /** Its headers by now; `undefined` where nobody wants them. */
  wantedHeaders(status: number): HeaderValues | undefined {
    return this.#attempt.capturing && !this.body.isAsked && status === this.#accepted ? this.head.added() : undefined;
  }

  /** Asks how many bytes of the body are wanted. */
  bytesWanted(headers: HeaderValues): number {
    const wanted = this.#attempt.captures(this.#accepted, headers);
    this.body.capture(wanted, headers);
    return wanted;
  }

  /** Node has taken an explicit head. `headers`: where they are wanted. */
  headMade(headers: HeaderValues | undefined): void {
    this.head.made();
    if (!this.#held.isPassing && this.#held.phase === 'waiting') this.#shield();
    if (headers !== undefined) this.bytesWanted(headers);
  }

  /** A call of the handler's threw, beneath. */
  threw(): void {
    this.body.giveUpCapture(); // who knows what of it is out
    // what does not fit its head, or has no known coding, may be refused only when that is out
    if (isHeadOut(this.#held.res)) this.flow([]);
  }

  /** Something of it went out. `isLast`: with it, the response was ended. */
  flow(args: unknown[], isLast = false): void {
    const held = this.#held;
    if (held.res.destroyed) return;
    if (held.phase === 'waiting') {
      held.phase = 'flowing';
      this.#attempt.began(this.head.status);
      if (!isLast) this.#shield();
    } else if (held.phase !== 'flowing') return;
    this.#sources?.goOn();
    this.body.add(args[0], args[1]);
    if (this.#attempt.watchesFlow) this.#attempt.flowed();
  }

  /** It was ended, if it is what flows. */
  finish(): void {
    const { res, phase } = this.#held;
    if (phase !== 'flowing') return;
    this.unshield();
    if (isDisconnected(res)) return; // nobody gets it: its close tells why
    if (this.body.isMisfit) {
      // a client would take the next answer on this connection for the rest of this one
      this.#attempt.broke(new Error('The answer is not as long as its Content-Length has promised'));
    }
    this.#isOver = true;
    this.#attempt.ended('whole', this.head.status, this.body.captured(this.head));
  }

  /** The response is closed. */
  closed(): void {
    const { res, phase } = this.#held;
    this.unshield();
    this.#sources?.goOn();
    if (this.#isOver || phase === 'answered') return;
    this.#isOver = true;
    if (phase === 'flowing' && !this.#isDestroyed && this.body.isComplete) {
      // its client has seen the last byte that was promised, and did not wait for the handler to say so
      this.#held.phase = 'released';
      this.#attempt.ended('whole', this.head.status, this.body.captured(this.head));
      return;
    }
    this.body.giveUpCapture();
    const isTheirs = phase === 'flowing' || phase === 'waiting';
    const isBroken = isTheirs && (this.#isDestroyed || isDestroyedHere(res));
    this.#attempt.ended(isBroken ? 'broken' : 'deserted', this.head.status);
    this.#held.phase = 'released';
  }

  /** Whether what ends a response that is about to be destroyed is an answer of ours. */
  isMended(error: unknown): boolean {
    const isLeft = hasClientLeft(this.#held.res);
    if (!this.#held.isPassing && !isLeft && this.#breaks(error)) return true;
    this.#isDestroyed = !isLeft;
    return false;
  }

  /** Whether an answer of ours is in the place of one that breaks, or at its end. */
  #breaks(error: unknown): boolean {
    const { phase } = this.#held;
    if (phase !== 'waiting' && (phase !== 'flowing' || this.#isOver)) return false;
    return this.#attempt.broke(error);
  }

  /** A source is piped into the response. */
  piped(source: Readable): void {
    const { res, isDead } = this.#held;
    if (isDead) {
      releaseSource(source, res);
      return;
    }
    if (this.#offer !== undefined) {
      this.#offer = undefined;
      this.#attempt.taken();
    }
    this.#sources ??= new PipedSources(res);
    this.#sources.add(source, {
      mayGoOn: () => this.#held.phase !== 'waiting',
      died: () => {
        if (!hasClientLeft(res)) this.#breaks(source.errored ?? undefined);
      },
    });
  }
}
