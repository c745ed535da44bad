import { mostTimerMs } from '../clock.ts';
import type { SharedFailure } from '../metadata.ts';
import type { Reply } from '../reply.ts';
import type { CapturedAnswer, Joined, TierSite, TierWatcher } from '../tiers/tier.ts';

type Headers = Readonly<Record<string, string | string[]>>;
type Fresh = Reply | undefined;

/** As long as a tier has. */
const freshTimeoutMs = 1_000;

/**
 * What a tier that watches a request from its beginning wants of it and of its answer, and after it what those further down the
 * ladder want: mostly there is one. What they throw harms nobody.
 */
export class Watch {
  /** Whether any may want the body. */
  readonly capturing: boolean;
  readonly #place: number;
  readonly #watcher: TierWatcher;
  readonly #site: TierSite;
  readonly #next: Watch | undefined;
  /** It wants the body, and has reserved room for it. */
  #wants = false;

  /** `place`: of the tier on the ladder. */
  constructor(place: number, watcher: TierWatcher, site: TierSite, next: Watch | undefined) {
    this.#place = place;
    this.#watcher = watcher;
    this.#site = site;
    this.#next = next;
    this.capturing = watcher.maxBytes > 0 || next?.capturing === true;
  }

  /** What is left of it where a breaker further in has the answer, and watches nothing: those who want no body, and hear how it ended. */
  get bodiless(): Watch | undefined {
    const next = this.#next?.bodiless;
    return this.#watcher.maxBytes > 0 ? next : new Watch(this.#place, this.#watcher, this.#site, next);
  }

  /** The watcher of the tier at this place of the ladder. */
  at(place: number): TierWatcher | undefined {
    return place === this.#place ? this.#watcher : this.#next?.at(place);
  }

  /** An answer that is fresh enough to be served in the handler's place. A store that is slow about it is not waited for. */
  fresh(): Fresh | Promise<Fresh> {
    let reply: Fresh | Promise<Fresh>;
    try {
      reply = this.#watcher.fresh?.();
    } catch (error) {
      this.#failed(error);
    }
    if (reply instanceof Promise) return this.#inTime(reply).then((found) => found ?? this.#next?.fresh());
    return reply ?? this.#next?.fresh();
  }

  /**
   * Waits for another request that asks the same, for so many milliseconds at most (0: for as long as it takes). `undefined`: there is
   * none, or, as a result, this request is to ask after all.
   */
  join(timeoutMs: number): Promise<Joined | undefined> | undefined {
    let timer: NodeJS.Timeout | undefined;
    try {
      const joined = this.#watcher.join?.((leave) => {
        if (timeoutMs > 0) timer = setTimeout(leave, Math.min(timeoutMs, mostTimerMs));
      });
      if (joined === undefined) return this.#next?.join(timeoutMs);
      return joined.catch((error: unknown) => void this.#failed(error)).finally(() => clearTimeout(timer));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** The request is answered by a tier. */
  degraded(failure: SharedFailure): void {
    try {
      this.#watcher.failed?.(failure);
    } catch (error) {
      this.#failed(error);
    }
    this.#next?.degraded(failure);
  }

  /** How many bytes of the body are wanted at most. Room is reserved for them until `end`. */
  captures(status: number, headers: Headers): number {
    const others = this.#next?.captures(status, headers) ?? 0;
    const watcher = this.#watcher;
    try {
      if (watcher.maxBytes === 0 || watcher.wants?.(status, headers) === false) return others;
      this.#wants = (watcher.reserve?.() ?? true) === true;
    } catch (error) {
      this.#failed(error);
    }
    return this.#wants ? Math.max(watcher.maxBytes, others) : others;
  }

  succeeded(status: number, captured: CapturedAnswer | undefined): void {
    const watcher = this.#watcher;
    try {
      watcher.succeeded?.(status);
      if (captured !== undefined && this.#wants && captured.body.byteLength <= watcher.maxBytes)
        watcher.captured?.(captured);
    } catch (error) {
      this.#failed(error);
    }
    this.#next?.succeeded(status, captured);
  }

  /** The request is over. `hasLeft`: the client has left before there was an answer. */
  end(hasLeft = false): void {
    this.#release();
    try {
      this.#watcher.over?.(hasLeft);
    } catch (error) {
      this.#failed(error);
    }
    this.#next?.end(hasLeft);
  }

  #release(): void {
    if (this.#wants) {
      this.#wants = false;
      try {
        this.#watcher.release?.();
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    const { events, clock } = this.#site;
    events.emit('option_failed', { at: clock.wall(), option: 'watch', error });
  }

  #inTime(reply: Promise<Fresh>): Promise<Fresh> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, freshTimeoutMs, undefined);
      const settle = (value: Fresh) => {
        clearTimeout(late);
        resolve(value);
      };
      reply.then(settle, (error: unknown) => {
        this.#failed(error);
        settle(undefined);
      });
    });
  }
}
