import type { Reply } from './reply.ts';
import type { CapturedAnswer, TierWatcher } from './tiers/tier.ts';

type Headers = Readonly<Record<string, string | string[]>>;

/** What the tiers that watch a request from its beginning want of it and of its answer. */
export class Watch {
  /** By the places of their tiers on the ladder. */
  readonly watchers: readonly (TierWatcher | undefined)[];
  /** Whether any may want the body. */
  readonly capturing: boolean;
  #reserved: TierWatcher[] | undefined;

  constructor(watchers: readonly (TierWatcher | undefined)[]) {
    this.watchers = watchers;
    this.capturing = watchers.some((watcher) => watcher !== undefined && watcher.maxBytes > 0);
  }

  /** An answer that is fresh enough to be served in the handler's place. A store that is slow about it is not waited for. */
  fresh(): Reply | undefined | Promise<Reply | undefined> {
    for (const watcher of this.watchers) {
      const reply = watcher?.fresh?.();
      if (reply !== undefined) return reply instanceof Promise ? inTime(reply) : reply;
    }
    return undefined;
  }

  /** How many bytes of the body are wanted at most. Room is reserved for them until `release`. */
  captures(status: number, headers: Headers): number {
    let most = 0;
    for (const watcher of this.watchers) {
      if (watcher === undefined || watcher.maxBytes === 0 || watcher.wants?.(status, headers) === false) continue;
      if (watcher.reserve?.() === false) continue;
      this.#reserved = [...(this.#reserved ?? []), watcher];
      most = Math.max(most, watcher.maxBytes);
    }
    return most;
  }

  succeeded(status: number, captured: CapturedAnswer | undefined): void {
    for (const watcher of this.watchers) watcher?.succeeded?.(status);
    if (captured === undefined) return;
    for (const watcher of this.#reserved ?? []) {
      if (captured.body.byteLength <= watcher.maxBytes) watcher.captured?.(captured);
    }
  }

  release(): void {
    for (const watcher of this.#reserved ?? []) watcher.release?.();
    this.#reserved = undefined;
  }
}

/** As long as a tier has. */
const freshTimeoutMs = 1_000;

function inTime(reply: Promise<Reply | undefined>): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, freshTimeoutMs, undefined);
    const settle = (value: Reply | undefined) => {
      clearTimeout(late);
      resolve(value);
    };
    reply.then(settle, () => settle(undefined));
  });
}
