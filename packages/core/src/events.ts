import { AsyncResource } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import process from 'node:process';
import { inspect } from 'node:util';
import type { FallbackLevel, FallbackReason } from './metadata.ts';

/** Which rule tripped a circuit. */
export type TripRule = 'streak' | 'rate' | 'slow';
export type Verdict = 'success' | 'failure' | 'ignore';
/** What no waiting mends: somebody must act. */
export type AlertProblem = 'unauthorized' | 'insufficient_quota' | 'no_such_model';
export type RefusalReason = 'circuit_open' | 'forced_open' | 'overloaded' | 'rate_limited';
export type CircuitMode = 'enforce' | 'shadow' | 'forced_open' | 'disabled';

/** Every event names the circuit and the wall time, in milliseconds since the Unix epoch. */
interface Occurred {
  readonly circuit: string;
  readonly at: number;
}

export interface BrownoutEvents {
  /** closed → open. */
  tripped: Occurred & { readonly rule: TripRule; readonly openMs: number };
  /** half_open → open. */
  reopened: Occurred & { readonly openMs: number };
  /** open → half_open. */
  half_opened: Occurred;
  /** half_open → closed, or closed by hand. */
  closed: Occurred & { readonly byHand: boolean; readonly why: string | undefined };
  refused: Occurred & { readonly reason: RefusalReason; readonly retryAfterMs: number | undefined };
  /** Once for every permit. `late`: it belonged to a state that is over, and moved nothing. */
  settled: Occurred & {
    readonly verdict: Verdict;
    readonly slow: boolean;
    readonly durationMs: number;
    readonly late: boolean;
  };
  degraded: Occurred & {
    readonly reason: FallbackReason;
    readonly level: FallbackLevel;
    readonly status: number;
    readonly durationMs: number;
    /** How old a cached answer is. */
    readonly ageMs?: number;
  };
  /** One of the providers of a `failover` answered, after so many others were asked. */
  provided: Occurred & { readonly provider: string; readonly passedOver: number };
  tier_failed: Occurred & { readonly level: FallbackLevel; readonly error: unknown };
  would_trip: Occurred & { readonly rule: TripRule };
  mode_changed: Occurred & { readonly from: CircuitMode; readonly to: CircuitMode; readonly why: string | undefined };
  reset: Occurred & { readonly why: string | undefined };
  /** A circuit that was made by key makes room for another. Told while the set still has it, so that its counts can be read. */
  forgotten: Occurred;
  /** The dependency turned us away for what no waiting mends, such as a key that is no longer valid. Told by classifiers. */
  alert: Occurred & { readonly problem: AlertProblem; readonly error: unknown };
  store_failed: { readonly at: number; readonly operation: 'get' | 'set' | 'delete'; readonly error: unknown };
  store_recovered: { readonly at: number };
  /** A file of `persist` cannot be read or written; once, until it can be. `setAside`: what one was renamed to that is none of ours, or damaged. */
  persist_failed: {
    readonly at: number;
    readonly operation: 'read' | 'write';
    readonly file: string;
    readonly setAside?: string;
    readonly error: unknown;
  };
  persist_recovered: { readonly at: number; readonly file: string };
  /** A function that the user handed in threw, or returned what it must not. */
  option_failed: { readonly at: number; readonly option: string; readonly error: unknown };
}

export type BrownoutEventName = keyof BrownoutEvents;
export type BrownoutListener<N extends BrownoutEventName> = (event: BrownoutEvents[N]) => void | Promise<void>;

export interface ListenOptions {
  /**
   * Call the listener in the asynchronous context (`AsyncLocalStorage`) of the request that the event is about, wherever that was
   * noticed: on a timer, a pooled connection, in another request's turn. As long as one listener of the set wants it, each
   * request keeps its context. @default false
   */
  readonly inContext?: boolean;
}

export const eventNames: readonly BrownoutEventName[] = [
  'tripped',
  'reopened',
  'half_opened',
  'closed',
  'refused',
  'settled',
  'degraded',
  'provided',
  'tier_failed',
  'would_trip',
  'mode_changed',
  'reset',
  'forgotten',
  'alert',
  'store_failed',
  'store_recovered',
  'persist_failed',
  'persist_recovered',
  'option_failed',
];

const channels = Object.fromEntries(eventNames.map((name) => [name, channel(`brownout:${name}`)]));

/** An event, or what is to be done once all before it are delivered. */
type Told =
  | { readonly name: BrownoutEventName; readonly event: object; readonly context: AsyncResource | undefined }
  | (() => void);

/**
 * Delivers events to listeners and to `node:diagnostics_channel` as `brownout:<event>`. An event emitted by a listener is
 * delivered after the one in hand, so every listener sees all events in one order. What a listener throws or rejects is a
 * process warning and nothing else.
 */
export class Events {
  readonly #listeners = new Map<BrownoutEventName, readonly ((event: never) => unknown)[]>();
  /** Those that are called in the context of the request. */
  readonly #inContext = new Set<(event: never) => unknown>();
  readonly #queue: Told[] = [];
  #delivering = false;

  /** Returns the function that takes the listener away again. */
  on<N extends BrownoutEventName>(name: N, listener: BrownoutListener<N>, options?: ListenOptions): () => void {
    const entry = (event: BrownoutEvents[N]) => listener(event);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), entry]);
    if (options?.inContext) this.#inContext.add(entry);
    return () => {
      this.#inContext.delete(entry);
      const left = (this.#listeners.get(name) ?? []).filter((candidate) => candidate !== entry);
      if (left.length > 0) this.#listeners.set(name, left);
      else this.#listeners.delete(name);
    };
  }

  /** Whether anybody listens: an event that nobody wants need not be made. */
  wanted(name: BrownoutEventName): boolean {
    return this.#listeners.has(name) || channels[name]!.hasSubscribers;
  }

  /**
   * Keeps the asynchronous context of now, where a listener wants to be called in it later. `AsyncLocalStorage.snapshot` would do the
   * same at a hundred times the cost.
   */
  context(): AsyncResource | undefined {
    return this.#inContext.size > 0 ? new AsyncResource('brownout.Context') : undefined;
  }

  emit<N extends BrownoutEventName>(name: N, event: BrownoutEvents[N]): void {
    this.queue(name, event);
    this.flush();
  }

  /** Keeps an event for `flush`: what happened at once is told in one piece, before a listener can make more happen. */
  queue<N extends BrownoutEventName>(name: N, event: BrownoutEvents[N]): void {
    if (!this.wanted(name)) return;
    // what is told after the event in hand is told in that one's context, unless its own is kept
    this.#queue.push({ name, event, context: this.#delivering ? this.context() : undefined });
  }

  /** Does this once everything that has been told until now is delivered: at once, but for within a delivery. It must not throw. */
  afterwards(act: () => void): void {
    this.#queue.push(act);
    this.flush();
  }

  /** Delivers what is queued. */
  flush(): void {
    if (this.#delivering || this.#queue.length === 0) return;
    this.#delivering = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        if (typeof next === 'function') {
          next();
          continue;
        }
        const { name, event, context } = next;
        if (context === undefined) this.#deliver(name, event);
        else context.runInAsyncScope(this.#deliver, this, name, event);
      }
    } finally {
      this.#delivering = false;
    }
  }

  /** Takes all listeners away. */
  clear(): void {
    this.#listeners.clear();
    this.#inContext.clear();
  }

  #deliver(name: BrownoutEventName, event: object): void {
    const ofChannel = channels[name]!;
    if (ofChannel.hasSubscribers) ofChannel.publish(event);
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const returned = listener(event as never);
        if (returned instanceof Promise) returned.catch((error: unknown) => warnOfListener(name, error));
      } catch (error) {
        warnOfListener(name, error);
      }
    }
  }
}

function warnOfListener(name: string, error: unknown): void {
  const said = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  process.emitWarning(`A listener of \`${name}\` threw: ${said}`, {
    type: 'BrownoutWarning',
    code: 'BROWNOUT_LISTENER',
  });
}
