import { JsonRoom } from './answers/canonical-json.ts';
import { normalisedQuestion } from './answers/normalised-question.ts';
import type { AnswerStore } from './answers/store.ts';
import type { ExcerptsOptions } from './excerpts/excerpts.ts';
import { type BreakerOptions, breakerRules } from './guard/guard-options.ts';
import { type OptionRules, parseOptions, rules } from './options.ts';
import type { RequestView } from './request-view.ts';
import { type AlternateFn, alternate } from './tiers/alternate.ts';
import { cachedAnswer } from './tiers/cached-answer.ts';
import { type ContextExcerptsOptions, contextExcerpts } from './tiers/context-excerpts.ts';
import { questionOf } from './tiers/question.ts';
import type { LaterTier } from './tiers/queue-for-later.ts';
import type { Tier } from './tiers/tier.ts';
import { unavailable } from './tiers/unavailable.ts';
import { isWholeLlmAnswer } from './tiers/whole-llm-answer.ts';

/** What an LLM route says of itself; whatever `breaker` takes besides goes through. */
export interface LlmRouteOptions<Native = unknown> extends Omit<BreakerOptions<Native>, 'fallback'> {
  /** What is asked. @default what `contextExcerpts` takes for the question */
  readonly question?: (native: Native) => string | null | undefined;
  /** Who may share an answer. @default whatever of the request may tell who asks, as in `cachedAnswer` */
  readonly scope?: (native: Native) => unknown;
  /** Fetches the passages for excerpts. @default what the handler gave `provideContext` */
  readonly context?: ContextExcerptsOptions<Native>['context'];
  /** What the friendly words call it. */
  readonly service?: string;
  /** What an answer depends on besides the request: the model, the version of the prompt, a fingerprint of the index. Any JSON value. */
  readonly version?: unknown | ((native: Native) => unknown);
  /** Within this age an answer is served without asking, in milliseconds; 0 is never. @default 0 */
  readonly freshMs?: number;
  /** How old an answer may be served in place of one, in milliseconds. @default 86400000 (24 h) */
  readonly maxAgeMs?: number;
  /** Whether the same question is asked once at a time. @default false */
  readonly coalesce?: boolean;
  /** @default the store of the set of circuits */
  readonly store?: AnswerStore;
  /** Limits of the excerpts. */
  readonly excerpts?: ExcerptsOptions;
  /** Another model or function to ask before there are only excerpts. */
  readonly alternate?: AlternateFn<Native>;
  /** What puts the question off, after the excerpts found nothing. */
  readonly later?: LaterTier<Native>;
}

const ownRules = {
  question: rules.fn,
  scope: rules.fn,
  context: rules.fn,
  service: rules.text,
  version: rules.any,
  freshMs: rules.duration,
  maxAgeMs: rules.duration,
  coalesce: rules.boolean,
  store: rules.any,
  excerpts: rules.plainObject,
  alternate: rules.fn,
  later: rules.any,
} satisfies Partial<OptionRules<LlmRouteOptions>>;

/**
 * Options for an LLM route: `app.post('/ask', breaker(llmRoute({ scope, context, service })), ask)`. The same question, whatever its case,
 * space and final punctuation, with all else in the body the same, has the same answer; only whole answers are kept (`isWholeLlmAnswer`); a
 * stream that falls silent for 30 s is ended. The tiers: the cached answer, `alternate`, excerpts, `later`, and the friendly end.
 *
 * @throws OptionsError for an unknown option, a bad value or a contradiction
 */
export function llmRoute<Native>(options: LlmRouteOptions<Native> = {}): BreakerOptions<Native> {
  const { fallback: _, ...ofBreaker } = breakerRules;
  const known = { ...ofBreaker, ...ownRules } as unknown as OptionRules<LlmRouteOptions<Native>>;
  const given = parseOptions<LlmRouteOptions<Native>>('llmRoute', options, known);
  const { question, scope, context, service, version, freshMs, maxAgeMs, ...others } = given;
  const { coalesce, store, excerpts, alternate: another, later, stream, ...rest } = others;
  const fallback: Tier<Native>[] = [
    cachedAnswer<Native>({
      key: (native, request) => answerKey(native, request, question, version),
      keep: isWholeLlmAnswer,
      ...{ scope, freshMs, maxAgeMs, coalesce, store },
    }),
    ...(another ? [alternate(another)] : []),
    contextExcerpts<Native>({
      ...excerpts,
      ...(question && { question }),
      ...(context && { context }),
      ...(service !== undefined && { service }),
    }),
    ...(later ? [later] : []),
    unavailable<Native>(service === undefined ? {} : { service }),
  ];
  return { ...rest, stream: { idleMs: 30_000, ...stream }, fallback };
}

/** `undefined` where nothing is asked, or the body was not parsed: such an answer is not kept. */
function answerKey<Native>(
  native: Native,
  request: RequestView<Native>,
  question: LlmRouteOptions<Native>['question'],
  version: unknown,
): unknown {
  const asked = question ? question(native) : questionOf(request);
  if (typeof asked !== 'string' || asked.trim() === '') return undefined;
  const normalised = normalisedQuestion(asked);
  const { accept, 'accept-language': language } = request.headers;
  return {
    question: normalised,
    body: replaced(request.body, asked, normalised, new JsonRoom()),
    version: typeof version === 'function' ? version(native) : version,
    // the same question is answered as JSON or as a stream
    accept,
    language,
  };
}

/** A value with one text in it replaced wherever it stands. @throws RangeError for one that is too large to be compared */
function replaced(value: unknown, text: string, by: string, room: JsonRoom): unknown {
  room.take(0);
  if (value === text) return by;
  if (Array.isArray(value)) {
    room.expect(value.length);
    return value.map((item) => replaced(item, text, by, room));
  }
  if (!rules.plainObject.test(value)) return value;
  const members = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(members);
  room.expect(names.length);
  return Object.fromEntries(names.map((name) => [name, replaced(members[name], text, by, room)]));
}
