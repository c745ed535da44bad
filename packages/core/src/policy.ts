import type { ParsedOptions } from './guard-options.ts';
import type { FallbackMetadata, FallbackReason } from './metadata.ts';
import type { RequestView } from './request-view.ts';
import { cachedAnswer } from './tiers/cached-answer.ts';
import { contextExcerpts } from './tiers/context-excerpts.ts';
import { Ladder } from './tiers/ladder.ts';
import type { Tier, TierSite, TierWatcher } from './tiers/tier.ts';
import { Watch } from './watch.ts';

/** How one route is guarded: its options, made ready for use once. */
export class Policy<Native> {
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly exposeHeaders: boolean;
  readonly tag: ((body: unknown, metadata: FallbackMetadata) => unknown) | undefined;
  readonly ladder: Ladder;
  /** No tiers: refusals and timeouts go to the host's own error handling. */
  readonly handsOver: boolean;
  readonly #reasons: ReadonlySet<FallbackReason> | undefined;
  readonly #watching: readonly (Tier<Native> | undefined)[] | undefined;

  constructor({ own }: ParsedOptions<Native>) {
    this.timeoutMs = own.timeoutMs ?? 30_000;
    this.idleMs = own.stream?.idleMs ?? 0;
    this.totalMs = own.stream?.totalMs ?? 0;
    this.exposeHeaders = own.exposeHeaders ?? false;
    this.tag = own.tag;
    this.handsOver = own.fallback === false;
    const tiers = own.fallback === false ? [] : (own.fallback ?? [cachedAnswer<Native>(), contextExcerpts<Native>()]);
    this.ladder = new Ladder(tiers as readonly Tier<never>[]);
    this.#reasons = own.degradeOn && new Set(own.degradeOn);
    if (tiers.some((tier) => tier.watch)) this.#watching = tiers.map((tier) => (tier.watch ? tier : undefined));
  }

  /** Whether this reason is answered by a tier. */
  degrades(reason: FallbackReason): boolean {
    return !this.handsOver && (this.#reasons === undefined || this.#reasons.has(reason));
  }

  /** What the tiers that see a request from its beginning make of it. */
  watch(request: RequestView<Native>, site: TierSite): Watch | undefined {
    if (this.#watching === undefined) return undefined;
    let seen = false;
    const watchers = this.#watching.map((tier) => {
      const watcher = tier && watcherOf(tier, request, site);
      seen ||= watcher !== undefined;
      return watcher;
    });
    return seen ? new Watch(watchers) : undefined;
  }
}

function watcherOf<Native>(tier: Tier<Native>, request: RequestView<Native>, site: TierSite): TierWatcher | undefined {
  try {
    return tier.watch?.(request, site);
  } catch (error) {
    site.events.emit('option_failed', { at: site.clock.wall(), option: `${tier.name}.watch`, error });
    return undefined;
  }
}
