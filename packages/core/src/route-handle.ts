import type { Call } from './circuit/call.ts';
import type { Circuit } from './circuit/circuit.ts';
import type { Failover, Provided } from './failover.ts';
import type { FallbackReason } from './metadata.ts';

/** What a handler has of the breaker around it: `req.brownout` in Express, `ctx.brownout` in Koa. */
export interface RouteHandle {
  /** Aborts when the deadline is over, the client leaves, or the request has been answered by a tier. Hand it to what you call. */
  readonly signal: AbortSignal;
  /** The circuit that governs this route; `undefined` while the route is not known, or left alone. */
  readonly circuit: Circuit | undefined;
  /**
   * Calls through another circuit. When that refuses or counts the failure, the route degrades with its reason and its time,
   * and the failure is counted once, by the circuit that owns it.
   */
  run<T>(circuit: Circuit, fn: (call: Call) => T | PromiseLike<T>): Promise<T>;
  /** Asks the providers of a `failover` in turn, in the time that the route has left. */
  run<Input, T>(providers: Failover<Input, T>, input: Input): Promise<Provided<T>>;
  /** Hands over the passages that have been retrieved, for excerpts of them should the rest fail. Strings, or `{ text, source?, title?, score? }`. */
  provideContext(passages: unknown, about?: { readonly question?: string }): void;
  /** The answer under way is not to be stored, though it is a success: it was cut, a refusal, or good for once. Its headers may be out. */
  doNotStore(): void;
  /**
   * From now on this breaker leaves the request alone: no deadline and no limit of a stream, nothing is counted, kept or answered in its
   * place, and it makes no circuit of a route. For what is no route of the application's, such as a page for its operators. Once the
   * answer flows it is too late, and nothing happens.
   */
  standAside(): void;
  /**
   * Gives up on purpose: the request is answered by a tier, with this reason. An answer that flows is ended, and says so where its
   * format has a place for it.
   */
  degrade(reason: FallbackReason): void;
}
