import type { AttemptEvents } from '../exchange.ts';
import type { RouteHandle } from '../route-handle.ts';

/** A request that is guarded: what an adapter starts, and puts where the handler finds it. */
export interface GuardedAttempt extends AttemptEvents, RouteHandle {
  /** Begins: the exchange is run, passed or answered. */
  start(): void;
}
