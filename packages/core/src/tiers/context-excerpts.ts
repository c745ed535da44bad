import { type ExcerptsOptions, excerpts, MOST_MAX_CHARS, type Passage } from '../excerpts/excerpts.ts';
import { type OptionRules, parseOptions, rules } from '../options.ts';
import { fallbackMetadata } from '../replies/fallback-metadata.ts';
import { type FriendlyWords, friendlySpeaker } from '../replies/friendly-words.ts';
import { negotiate } from '../replies/negotiate.ts';
import type { RequestView } from '../request-view.ts';
import { escapeHtml, formHeaders, htmlPage, sseEvent } from './forms.ts';
import { questionOf } from './question.ts';
import { isThenable } from './thenable.ts';
import type { Tier, TierContext, TierReply } from './tier.ts';

type Passages = readonly (string | Passage)[] | null | undefined;

export interface ContextExcerptsOptions<Native = unknown> extends ExcerptsOptions {
  /**
   * What was asked; a promise is waited for.
   * @default what came with `provideContext`, else `question`, `query`, `q`, `prompt` or `message` of the parsed body or the
   * query, else the last user message of the body's `messages`
   */
  readonly question?: (native: Native) => string | null | undefined | Promise<string | null | undefined>;
  /**
   * Fetches the passages, without help from what has failed. It has the tier's time: pass its `signal` on.
   * @default what the handler gave `provideContext` before it failed
   */
  readonly context?: (native: Native, context: TierContext) => Passages | Promise<Passages>;
  /**
   * How long `question` and `context` may take together, in milliseconds; then `signal` aborts and the next tier is asked.
   * @default 1000
   */
  readonly timeoutMs?: number;
  /** What the friendly words call it. @default what the last tier, `unavailable`, calls it */
  readonly service?: string;
  /** Friendly words of your own by reason. */
  readonly words?: FriendlyWords<Native>;
}

const known: OptionRules<ContextExcerptsOptions> = {
  question: rules.fn,
  context: rules.fn,
  max: rules.count(),
  maxChars: rules.rule(
    `a whole number from 1 to ${MOST_MAX_CHARS}`,
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_MAX_CHARS,
  ),
  minRelevance: rules.share('from 0'),
  timeoutMs: rules.durationAbove0,
  service: rules.text,
  words: rules.plainObject,
};

/** An excerpt as the client sees it. */
interface Quoted {
  readonly text: string;
  readonly source?: string;
  readonly score: number;
}

/**
 * A tier that answers with the passages of the retrieved context that bear most on the question, each with its source: JSON
 * `{ answer, excerpts, sources }`, or HTML, plain text or one SSE event where the client's `Accept` prefers it. Without a question,
 * without passages, or with none that is relevant, the next tier is asked. What `question` or `context` throws or rejects with
 * is a `tier_failed` event.
 *
 * @throws OptionsError at start-up for an unknown or bad option
 */
export function contextExcerpts<Native>(options?: ContextExcerptsOptions<Native>): Tier<Native> {
  const given = parseOptions<ContextExcerptsOptions<Native>>('contextExcerpts', options, known);
  const { question: ask, context: retrieve, timeoutMs = 1000, service, words, ...limits } = given;
  const speak = friendlySpeaker<Native>(service, words);

  const reply = (
    request: RequestView<Native>,
    context: TierContext,
    question: string,
    passages: unknown,
  ): TierReply | undefined => {
    if (!Array.isArray(passages)) return undefined;
    const found = excerpts(question, passages, limits);
    if (found.length === 0) return undefined;
    const quoted = found.map(({ text, source, score }) => ({
      text,
      ...(source !== undefined && { source }),
      score: rounded(score),
    }));
    return rendered(speak(context, request.native), quoted, request, context);
  };

  const about = (
    request: RequestView<Native>,
    context: TierContext,
    question: unknown,
  ): TierReply | undefined | Promise<TierReply | undefined> => {
    if (typeof question !== 'string' || question.trim() === '') return undefined;
    const passages: unknown = retrieve ? retrieve(request.native, context) : context.provided?.passages;
    return isThenable(passages)
      ? Promise.resolve(passages).then((fetched) => reply(request, context, question, fetched))
      : reply(request, context, question, passages);
  };

  return Object.freeze({
    name: 'excerpts',
    timeoutMs,
    answer(request: RequestView<Native>, context: TierContext) {
      const asked: unknown = ask ? ask(request.native) : (context.provided?.question ?? questionOf(request));
      if (!isThenable(asked)) return about(request, context, asked);
      // Once the time is over there is nobody to fetch passages for.
      return Promise.resolve(asked).then((question) =>
        context.signal.aborted ? undefined : about(request, context, question),
      );
    },
  });
}

const rounded = (score: number) => Math.round(score * 1000) / 1000;

function rendered(sentence: string, quoted: readonly Quoted[], request: RequestView, context: TierContext): TierReply {
  const sources = [...new Set(quoted.flatMap(({ source }) => source ?? []))];
  const answer = [sentence, ...quoted.map(({ text, source }) => (source ? `${text}\n(${source})` : text))].join('\n\n');
  const body = { answer, excerpts: quoted, sources };
  switch (negotiate(request.headers.accept)) {
    case 'json':
      return { body };
    case 'text':
      return { headers: formHeaders.text, body: `${answer}\n` };
    case 'sse': {
      const metadata = fallbackMetadata('excerpts', context, 0);
      return { headers: formHeaders.sse, body: sseEvent({ ...body, metadata }) };
    }
    case 'html': {
      const quotes = quoted.map(
        ({ text, source }) =>
          `<figure>\n<blockquote>${escapeHtml(text)}</blockquote>${source ? `\n<figcaption>${escapeHtml(source)}</figcaption>` : ''}\n</figure>`,
      );
      return {
        headers: formHeaders.html,
        body: htmlPage('en', sentence, [`<p>${escapeHtml(sentence)}</p>`, ...quotes].join('\n')),
      };
    }
  }
}
