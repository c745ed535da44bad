import { expectOption, parseOptions, rules } from '../options.ts';
import type { ReplyHeaders } from '../reply.ts';
import type { RequestView } from '../request-view.ts';
import { asReply } from './reply-shape.ts';
import { isThenable } from './thenable.ts';
import type { Tier, TierContext, TierReply } from './tier.ts';

/** A body: a plain object goes out as JSON, text and bytes as they are. */
export type AnswerBody = Readonly<Record<string, unknown>> | string | Uint8Array;

/** A whole reply: a plain object that has a `body` and nothing besides these three. */
export interface AnswerReply {
  /** @default 200 */
  readonly status?: number | undefined;
  readonly headers?: ReplyHeaders | undefined;
  readonly body: AnswerBody;
}

export type AlternateFn<Native> = (
  native: Native,
  context: TierContext,
) => AnswerBody | AnswerReply | null | undefined | Promise<AnswerBody | AnswerReply | null | undefined>;

export interface AlternateOptions {
  /** How long it may take, in milliseconds; then `signal` aborts and the next tier is asked. @default 10000 */
  readonly timeoutMs?: number;
}

/**
 * A tier that asks another function: a smaller model, another provider, a search. `fn` is given the host's own object and
 * `{ signal, error, reason, … }`; it returns a body or a reply and never touches the response. A plain object is a reply when it
 * has a `body` and nothing besides `status`, `headers` and `body`, and else a body; `undefined` and `null` pass to the next tier,
 * as do throws and rejections.
 *
 * @throws OptionsError at start-up when `fn` is no function, and for an unknown or bad option
 */
export function alternate<Native>(fn: AlternateFn<Native>, options?: AlternateOptions): Tier<Native> {
  expectOption('fn', fn, rules.fn);
  const { timeoutMs = 10_000 } = parseOptions<AlternateOptions>('alternate', options, {
    timeoutMs: rules.durationAbove0,
  });
  return Object.freeze({
    name: 'alternate',
    timeoutMs,
    answer(request: RequestView<Native>, context: TierContext) {
      const given = fn(request.native, context);
      return isThenable(given) ? Promise.resolve(given).then(replyOf) : replyOf(given);
    },
  });
}

const replyOf = (given: unknown): TierReply | undefined =>
  given === undefined || given === null ? undefined : asReply(given);
