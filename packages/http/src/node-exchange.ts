import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AttemptEvents, Exchange, Lineup, Reply, RequestView } from '@brownout/core';
import { isDegraded, markDegraded } from './degraded.ts';
import { Gate, gateOf } from './gate.ts';
import { sendReply } from './send-reply.ts';

/** What every adapter on Node's HTTP shares: the gate, and what the response can tell. */
export abstract class NodeExchange<Native> implements Exchange<Native> {
  protected readonly req: IncomingMessage;
  protected readonly res: ServerResponse;
  protected gate: Gate | undefined;
  readonly request: RequestView<Native>;
  /** The breaker around this one, if there is one. */
  readonly outer: AttemptEvents | undefined;

  constructor(req: IncomingMessage, res: ServerResponse, request: RequestView<Native>) {
    this.req = req;
    this.res = res;
    this.request = request;
    this.outer = gateOf(res)?.attempt;
  }

  abstract get application(): object;
  abstract get mountedPath(): string;
  abstract readonly mountPoint: string;
  abstract get route(): string | undefined;
  abstract readonly routedPath: string;
  abstract lineup(path: string): Lineup | undefined;
  abstract fail(error: unknown): void;
  abstract report(error: unknown): void;
  abstract explain(error: Error, isHeard: boolean): void;
  /** Lets the host run what is behind the middleware, unguarded. */
  abstract pass(): void;
  /** Lets the host run what is behind the middleware, and tells the attempt what the response alone does not. */
  protected abstract proceed(attempt: AttemptEvents, expected: string | undefined): void;

  run(attempt: AttemptEvents, expected: string | undefined): void {
    this.gate = new Gate(this.res, attempt);
    this.proceed(attempt, expected);
  }

  reply(reply: Reply): void {
    if (this.closed) return;
    markDegraded(this.res);
    this.serve(reply);
  }

  serve(reply: Reply): void {
    if (this.closed) return;
    if (this.gate !== undefined) this.gate.reply(reply);
    else if (this.res.headersSent)
      this.res.destroy(); // somebody outside has begun to answer: no place for ours
    else sendReply(this.res, reply);
  }

  /** A host whose middleware returns at once waits for nobody. */
  abandon(): void {}

  /** Nobody is left to be answered, or somebody else has answered. */
  get closed(): boolean {
    return this.res.destroyed || (this.gate === undefined ? this.res.writableEnded : !this.gate.takesOver);
  }

  whenClosed(then: () => void): void {
    this.res.once('close', then);
  }

  cut(last: string | undefined, why?: Error): void {
    this.gate?.cut(last, why);
  }

  hold(why?: Error): void {
    this.gate?.hold(why);
  }

  release(): void {
    this.gate?.release();
  }

  handOver(): void {
    this.gate?.handOver();
  }

  header(name: string): string | undefined {
    const value = this.gate === undefined ? this.res.getHeader(name) : this.gate.header(name);
    return value === undefined ? undefined : String(value);
  }

  get degraded(): boolean {
    return isDegraded(this.res);
  }

  get sent(): string {
    return this.gate?.sent ?? '';
  }

  get blocked(): boolean {
    return this.res.writableNeedDrain;
  }

  whenUploaded(then: () => void): void {
    this.req.once('end', then);
  }

  get upload(): number | 'whole' | 'unread' {
    const { req } = this;
    if (req.complete || !hasBody(req)) return 'whole';
    const isRead = req.listenerCount('readable') > 0 || req.readableFlowing === true;
    if (!isRead || req.readableLength >= req.readableHighWaterMark) return 'unread';
    return req.socket?.bytesRead ?? 0;
  }
}

/** Node has not seen the end of any request when its handler begins. One of HTTP/1 that has neither header ends with its head (RFC 9112 §6.3). */
function hasBody({ httpVersionMajor, rawHeaders }: IncomingMessage): boolean {
  if (httpVersionMajor >= 2) return true;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const { length } = rawHeaders[at]!;
    if ((length === 14 || length === 17) && framing.test(rawHeaders[at]!)) return true;
  }
  return false;
}

const framing = /^(?:content-length|transfer-encoding)$/i;
