import type { Reply } from '../reply.ts';
import type { CapturedAnswer, TierSite, TierWatcher } from '../tiers/tier.ts';

type Headers = Readonly<Record<string, string | string[]>>;

/** As long as a tier has. */
const freshTimeoutMs = 1_000;

/** What the tiers that watch a request from its beginning want of it and of its answer. What they throw harms nobody. */
export class Watch {
  /** By the places of their tiers on the ladder. */
  readonly watchers: readonly (TierWatcher | undefined)[];
  /** Whether any may want the body. */
  readonly capturing: boolean;
  readonly #site: TierSite;
  /** Those that want the body, and have reserved room for it. */
  #wanting: TierWatcher[] | undefined;

  constructor(watchers: readonly (TierWatcher | undefined)[], site: TierSite) {
    this.watchers = watchers;
    this.capturing = watchers.some((watcher) => watcher !== undefined && watcher.maxBytes > 0);
    this.#site = site;
  }

  /** An answer that is fresh enough to be served in the handler's place. A store that is slow about it is not waited for. */
  fresh(from = 0): Reply | undefined | Promise<Reply | undefined> {
    for (let at = from; at < this.watchers.length; at++) {
      const reply = this.#ask(() => this.watchers[at]?.fresh?.());
      if (reply instanceof Promise) return this.#inTime(reply).then((found) => found ?? this.fresh(at + 1));
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  /** How many bytes of the body are wanted at most. Room is reserved for them until `release`. */
  captures(status: number, headers: Headers): number {
    let most = 0;
    for (const watcher of this.watchers) {
      if (watcher === undefined || watcher.maxBytes === 0 || !this.#wants(watcher, status, headers)) continue;
      this.#wanting = [...(this.#wanting ?? []), watcher];
      most = Math.max(most, watcher.maxBytes);
    }
    return most;
  }

  succeeded(status: number, captured: CapturedAnswer | undefined): void {
    for (const watcher of this.watchers) this.#ask(() => watcher?.succeeded?.(status));
    if (captured === undefined) return;
    for (const watcher of this.#wanting ?? []) {
      if (captured.body.byteLength <= watcher.maxBytes) this.#ask(() => watcher.captured?.(captured));
    }
  }

  release(): void {
    const wanting = this.#wanting;
    this.#wanting = undefined;
    for (const watcher of wanting ?? []) this.#ask(() => watcher.release?.());
  }

  #wants(watcher: TierWatcher, status: number, headers: Headers): boolean {
    return (
      this.#ask(() => watcher.wants?.(status, headers) !== false && (watcher.reserve?.() ?? true) === true) === true
    );
  }

  #ask<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    const { events, clock } = this.#site;
    events.emit('option_failed', { at: clock.wall(), option: 'watch', error });
  }

  #inTime(reply: Promise<Reply | undefined>): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, freshTimeoutMs, undefined);
      const settle = (value: Reply | undefined) => {
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
