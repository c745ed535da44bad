import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from 'node:net';
import { type AttemptEvents, Guard } from '@brownout/core';
import { NodeExchange, NodeRequest } from '@brownout/http';
import { guarded, type Injected, optionsFor } from './modes.ts';
import { countGuarded } from './results.ts';

// biome-ignore lint/suspicious/noExplicitAny: a listener of any event, handed on
type Listener = (...args: any[]) => void;

/** A request of `node:http` that one listener answers, which is all that there is of an application. */
class ListenerExchange extends NodeExchange<IncomingMessage> {
  readonly application: object;
  readonly mountPoint = '';
  readonly mountedPath: string;
  readonly routedPath: string;
  readonly route = undefined;
  readonly #listen: () => void;

  constructor(application: object, req: IncomingMessage, res: ServerResponse, listen: () => void) {
    super(req, res, new NodeRequest(req, req.url ?? '', req));
    this.application = application;
    this.mountedPath = this.request.path;
    this.routedPath = this.request.path;
    this.#listen = listen;
  }

  /** There is no router to be asked. */
  lineup(): undefined {}

  pass(): void {
    this.#listen();
  }

  protected proceed(attempt: AttemptEvents): void {
    try {
      this.#listen();
    } catch (error) {
      if (!attempt.threw(error)) throw error;
    }
  }

  fail(error: unknown): void {
    this.res.destroy(error as Error);
  }

  /** A bare server has nobody to tell. */
  report(): void {}

  explain(): void {}
}

/**
 * The listener with a breaker before it, where it is the first of a server, of whatever protocol, and no application that has a
 * breaker.
 */
export function guardListener(server: EventEmitter, listener: Listener, mode: Injected): Listener {
  if (guarded.has(listener) || !(server instanceof Server) || server.listenerCount('request') > 0) return listener;
  const guard = new Guard<IncomingMessage>('breaker', optionsFor(mode));
  function withBreaker(this: unknown, req: IncomingMessage, res: ServerResponse): void {
    countGuarded();
    guard.attempt(new ListenerExchange(server, req, res, () => listener.call(this, req, res))).start();
  }
  return Object.assign(withBreaker, { listener }); // as `once` does, so that it can be removed
}
