import { OptionsError, TierError } from '../errors.ts';
import type { FallbackLevel } from '../metadata.ts';
import { expectOption, rules, shown } from '../options.ts';
import { StoredReply } from '../replies/stored-reply.ts';
import type { RequestView } from '../request-view.ts';
import { normalHeaders, replyProblem } from './reply-shape.ts';
import { isThenable } from './thenable.ts';
import type { Tier, TierContext, TierReply, TierSite, TierWatcher } from './tier.ts';
import { clientGone, TierTurn } from './tier-turn.ts';
import { isUnavailable, serviceOf, unavailable } from './unavailable.ts';

/** The answer of a tier, checked, and its level. */
export interface LadderAnswer {
  readonly reply: TierReply;
  readonly level: FallbackLevel;
}

/** Aborts when the client leaves. A function is called once a tier makes us wait, so that the signal may be made then. */
export type ClientLeft = AbortSignal | (() => AbortSignal | undefined) | undefined;

/** Those who watched the request for tiers, by the places of these. */
export interface Watchers {
  at(place: number): TierWatcher | undefined;
}

/** What tiers are told: the signal is each tier's own. */
export type ClimbContext = Omit<TierContext, 'signal'>;

/** One degraded request on its way up. */
interface Climb {
  readonly request: RequestView;
  readonly context: ClimbContext;
  readonly watchers: Watchers | undefined;
  readonly left: ClientLeft;
  readonly site: LadderSite;
}

/** Where failures of tiers are told. */
export type LadderSite = Pick<TierSite, 'events' | 'clock'>;

/** The tiers of a guard in order, the last of which always answers. Built once, when the middleware is made. */
export class Ladder {
  /** Copies of those given, with `unavailable` at the end. */
  readonly tiers: readonly Tier<unknown>[];
  readonly #service: string | undefined;

  /** @throws OptionsError for an entry that is no tier, naming its index, and for an `unavailable` before the end */
  constructor(tiers: readonly Tier[]) {
    expectOption('fallback', tiers, rules.array);
    const own = Array.from(tiers, copyOf);
    const early = own.slice(0, -1).findIndex(isUnavailable);
    if (early >= 0)
      throw new OptionsError(
        `\`fallback[${early}]\` is \`unavailable\`, which always answers: what comes after it would never be asked. Move it to the end.`,
      );
    const last = own.at(-1);
    this.tiers = Object.freeze(last && isUnavailable(last) ? own : [...own, unavailable()]);
    this.#service = last && serviceOf(last);
  }

  /**
   * Asks the tiers in order, each through its watcher where it has one, until one answers. Synchronous as long as the tiers
   * are: a timer is made only for a promise, an `AbortController` only when `signal` is read. What fails is a `tier_failed`
   * event. Never throws or rejects. A promise resolves to `undefined` when the client left meanwhile: nobody is to be answered.
   */
  climb(
    request: RequestView,
    context: ClimbContext,
    watchers: Watchers | undefined,
    left: ClientLeft,
    site: LadderSite,
  ): LadderAnswer | Promise<LadderAnswer | undefined> {
    return this.#from(0, { request, context, watchers, left, site });
  }

  #from(first: number, climb: Climb): LadderAnswer | Promise<LadderAnswer | undefined> {
    for (let index = first; index < this.tiers.length; index++) {
      const tier = this.tiers[index]!;
      try {
        const turn = new TierTurn(climb.context, this.#service);
        const watcher = climb.watchers?.at(index);
        const given = watcher ? watcher.answer(turn) : tier.answer(climb.request, turn);
        if (isThenable(given)) return this.#whenGiven(given, turn, index, climb);
        const answer = checked(tier, given);
        if (answer) return answer;
      } catch (error) {
        failed(tier, error, climb);
      }
    }
    return bareAnswer;
  }

  async #whenGiven(
    given: PromiseLike<TierReply | undefined>,
    turn: TierTurn,
    index: number,
    climb: Climb,
  ): Promise<LadderAnswer | undefined> {
    const tier = this.tiers[index]!;
    try {
      const left = typeof climb.left === 'function' ? climb.left() : climb.left;
      const reply = await turn.wait(tier, given, left);
      if (reply === clientGone) return undefined;
      const answer = checked(tier, reply);
      if (answer) return answer;
    } catch (error) {
      failed(tier, error, climb);
    }
    return this.#from(index + 1, climb);
  }
}

function checked(tier: Tier<unknown>, reply: TierReply | undefined): LadderAnswer | undefined {
  if (reply === undefined) return undefined;
  if (reply instanceof StoredReply) return { reply, level: reply.level };
  if (isUnavailable(tier)) return { reply, level: tier.name };
  const problem = replyProblem(reply);
  if (problem) throw new TierError(tier.name, problem);
  const headers = reply.headers && normalHeaders(reply.headers);
  return {
    reply: headers === reply.headers ? reply : { ...reply, headers: headers! },
    level: reply.level ?? tier.name,
  };
}

function failed(tier: Tier<unknown>, error: unknown, { site: { events, clock }, context }: Climb): void {
  if (events.wanted('tier_failed'))
    events.emit('tier_failed', { circuit: context.circuit, at: clock.wall(), level: tier.name, error });
}

/** Should even `unavailable` fail, which it cannot. */
export const bareAnswer: LadderAnswer = Object.freeze({
  level: 'unavailable',
  reply: Object.freeze({
    status: 503,
    headers: Object.freeze({ 'content-type': 'application/problem+json' }),
    body: Object.freeze({ type: 'about:blank', title: 'Service Unavailable', status: 503 }),
  }),
});

/** What the ladder needs of a tier, read once: changing the tier later changes nothing. Its methods keep their `this`. */
function copyOf(entry: unknown, index: number): Tier<unknown> {
  const at = `fallback[${index}]`;
  if (typeof entry !== 'object' || entry === null)
    throw new OptionsError(
      `Expected \`${at}\` to be a tier, an object with a \`name\` and an \`answer\`, got ${shown(entry)}.`,
    );
  const tier = entry as Tier<unknown>;
  // Frozen, and known by its identity.
  if (isUnavailable(tier)) return tier;
  const { name, timeoutMs, answer, watch } = tier;
  expectOption(`${at}.name`, name, rules.text);
  expectOption(`${at}.answer`, answer, rules.fn);
  if (timeoutMs !== undefined) expectOption(`${at}.timeoutMs`, timeoutMs, rules.durationAbove0);
  if (watch !== undefined) expectOption(`${at}.watch`, watch, rules.fn);
  return Object.freeze({
    name,
    ...(timeoutMs !== undefined && { timeoutMs }),
    answer: answer.bind(tier),
    ...(watch !== undefined && { watch: watch.bind(tier) }),
  });
}
