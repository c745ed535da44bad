import type { Exchange } from '../exchange.ts';
import type { FallbackMetadata, FallbackReason } from '../metadata.ts';
import { degradedReply } from '../replies/degraded-reply.ts';
import { fallbackMetadata } from '../replies/fallback-metadata.ts';
import type { Reply } from '../reply.ts';
import type { RequestView } from '../request-view.ts';
import { cachedAnswer } from '../tiers/cached-answer.ts';
import { contextExcerpts } from '../tiers/context-excerpts.ts';
import { bareAnswer, Ladder, type LadderAnswer } from '../tiers/ladder.ts';
import type { Tier, TierContext, TierSite, TierWatcher } from '../tiers/tier.ts';
import type { ParsedOptions } from './guard-options.ts';
import { streamFormat, streamTail } from './stream-tail.ts';
import { Watch } from './watch.ts';

/** What is known of a failure. */
export type Facts = Omit<TierContext, 'signal'>;

/** How a route answers when its handler does not: the tiers, for which reasons, and how their answers are tagged. */
export class Fallbacks<Native> {
  /** No tiers: refusals and timeouts go to the host's own error handling. */
  readonly areOff: boolean;
  readonly #site: TierSite;
  readonly #ladder: Ladder;
  readonly #reasons: ReadonlySet<FallbackReason> | undefined;
  /** The tiers that see a request from its beginning, with their places on the ladder, from the last to the first. */
  readonly #watching: readonly { readonly tier: Tier<Native>; readonly place: number }[];
  readonly #exposeHeaders: boolean;
  readonly #tag: ((body: unknown, metadata: FallbackMetadata) => unknown) | undefined;

  /** @throws OptionsError */
  constructor({ own }: ParsedOptions<Native>, site: TierSite) {
    const { fallback = [cachedAnswer<Native>(), contextExcerpts<Native>()] } = own;
    const tiers = fallback === false ? [] : fallback;
    this.areOff = fallback === false;
    this.#site = site;
    this.#ladder = new Ladder(tiers as readonly Tier<never>[]);
    this.#reasons = own.degradeOn && new Set(own.degradeOn);
    this.#exposeHeaders = own.exposeHeaders ?? false;
    this.#tag = own.tag;
    const places = (this.#ladder.tiers as readonly Tier<Native>[]).map((tier, place) => ({ tier, place }));
    this.#watching = places.filter(({ tier }) => tier.watch !== undefined).reverse();
  }

  /** Whether this reason is answered by a tier. */
  answer(reason: FallbackReason): boolean {
    return !this.areOff && (this.#reasons === undefined || this.#reasons.has(reason));
  }

  /** What the tiers that see a request from its beginning make of it. */
  watch(request: RequestView<Native>): Watch | undefined {
    let watch: Watch | undefined;
    for (const { tier, place } of this.#watching) {
      const watcher = this.#watcherOf(tier, request);
      if (watcher !== undefined) watch = new Watch(place, watcher, this.#site, watch);
    }
    return watch;
  }

  /** Asks the tiers. `undefined` when the client left meanwhile. */
  climb(
    request: RequestView<Native>,
    facts: Facts,
    watch: Watch | undefined,
    left: () => AbortSignal,
  ): LadderAnswer | Promise<LadderAnswer | undefined> {
    return this.#ladder.climb(request, facts, watch, left, this.#site);
  }

  /** The answer of a tier as it goes out. Never throws. */
  reply(exchange: Exchange<Native>, { reply, level }: LadderAnswer, facts: Facts): Reply {
    const { events, clock } = this.#site;
    const exposed = this.#exposeHeaders ? exchange.header('access-control-expose-headers') : undefined;
    const options = { tag: this.#tag, exposeHeaders: this.#exposeHeaders, exposed, events };
    const wall = clock.wall();
    try {
      return degradedReply(exchange.request, reply, level, facts, options, wall).reply;
    } catch (error) {
      events.emit('tier_failed', { circuit: facts.circuit, at: wall, level, error });
      const untagged = { exposeHeaders: false };
      return degradedReply(exchange.request, bareAnswer.reply, bareAnswer.level, facts, untagged, wall).reply;
    }
  }

  /** Whether the format of a flowing answer has a place for last words. */
  hasLastWords(exchange: Exchange<Native>): boolean {
    return streamFormat(exchange) !== undefined;
  }

  /** The last bytes of a flowing answer that is cut; `undefined` where its format has no place for them. */
  lastWords(exchange: Exchange<Native>, facts: Facts): string | undefined {
    const format = streamFormat(exchange);
    return format && streamTail(format, fallbackMetadata('unavailable', facts, this.#site.clock.wall()), exchange.sent);
  }

  #watcherOf(tier: Tier<Native>, request: RequestView<Native>): TierWatcher | undefined {
    try {
      return tier.watch?.(request, this.#site);
    } catch (error) {
      const { events, clock } = this.#site;
      events.emit('option_failed', { at: clock.wall(), option: `${tier.name}.watch`, error });
      return undefined;
    }
  }
}
