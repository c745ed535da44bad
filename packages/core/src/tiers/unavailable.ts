import type { FallbackReason } from '../metadata.ts';
import { type OptionRules, parseOptions, rules } from '../options.ts';
import { fallbackMetadata, retryAfterSeconds } from '../replies/fallback-metadata.ts';
import { type FriendlyWords, friendlySpeaker } from '../replies/friendly-words.ts';
import { negotiate } from '../replies/negotiate.ts';
import type { RequestView } from '../request-view.ts';
import { escapeHtml, formHeaders, htmlPage, sseEvent } from './forms.ts';
import { statusRule } from './reply-shape.ts';
import { ignore } from './thenable.ts';
import type { Tier, TierContext, TierReply } from './tier.ts';

/** Problem details (RFC 9457 §3.1): what the last tier says. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** The friendly sentence. */
  readonly detail: string;
}

/** What a page of your own is made from; none of it is escaped. */
export interface UnavailablePage extends Problem {
  readonly service: string;
  readonly reason: FallbackReason;
  /** Whole seconds until a retry makes sense; `undefined` when that is not known. */
  readonly seconds: number | undefined;
}

export interface UnavailableOptions<Native = unknown> {
  /** What the friendly words call it. @default 'This service' */
  readonly service?: string;
  /** Words of your own by reason. */
  readonly words?: FriendlyWords<Native>;
  /** The problem's type, a URI reference. @default 'about:blank' */
  readonly type?: string;
  /** The problem's title. @default the status in words, as RFC 9457 §4.2.1 has it for `about:blank` */
  readonly title?: string;
  /** The status for every reason. @default 503, and 429 when `rate_limited` */
  readonly status?: number;
  /** The language of the page, a BCP 47 tag: to be set along with `words`. @default 'en' */
  readonly lang?: string;
  /** A page of your own. A throw, or anything but a text, gives way to the built-in page. */
  readonly html?: (page: UnavailablePage, native: Native) => string;
}

const known: OptionRules<UnavailableOptions> = {
  service: rules.text,
  words: rules.plainObject,
  type: rules.text,
  title: rules.text,
  status: statusRule,
  lang: rules.text,
  html: rules.fn,
};

const titles: Record<number, string> = {
  200: 'OK',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
};
const problemHeaders = { 'content-type': 'application/problem+json' };
/** Each that was made, and the service that it names. */
const made = new WeakMap<object, string | undefined>();

/** Whether a tier is one of `unavailable`: the only kind that always answers. */
export const isUnavailable = (tier: object): boolean => made.has(tier);

/** The service that an `unavailable` was told the name of: the tiers before it call it so, too. */
export const serviceOf = (tier: object): string | undefined => made.get(tier);

/**
 * The last tier: a friendly 503 (429 when `rate_limited`) that says what happened and when to come back, as problem details
 * (RFC 9457), HTML, plain text or one SSE event, by the client's `Accept`. Synchronous, without I/O; it always answers.
 *
 * @throws OptionsError at start-up for an unknown or bad option
 */
export function unavailable<Native>(options?: UnavailableOptions<Native>): Tier<Native> {
  const given = parseOptions<UnavailableOptions<Native>>('unavailable', options, known);
  const { type = 'about:blank', lang = 'en', service = 'This service', html } = given;
  const speak = friendlySpeaker<Native>(service, given.words);

  const tier: Tier<Native> = {
    name: 'unavailable',
    answer(request: RequestView<Native>, context: TierContext): TierReply {
      const status = given.status ?? (context.reason === 'rate_limited' ? 429 : 503);
      const title = given.title ?? titles[status] ?? 'Service Unavailable';
      const problem: Problem = { type, title, status, detail: speak(context, request.native) };
      switch (negotiate(request.headers.accept)) {
        case 'json':
          return { status, headers: problemHeaders, body: { ...problem } };
        case 'text':
          return { status, headers: formHeaders.text, body: `${problem.detail}\n` };
        case 'sse': {
          const metadata = fallbackMetadata('unavailable', context, 0);
          return { status, headers: formHeaders.sse, body: sseEvent({ ...problem, metadata }) };
        }
        case 'html': {
          const seconds = retryAfterSeconds(context.retryAfterMs);
          const page = { ...problem, service, reason: context.reason, seconds };
          const own = html && ownPage(html, page, request.native);
          return { status, headers: formHeaders.html, body: own ?? builtInPage(lang, problem) };
        }
      }
    },
  };
  made.set(tier, given.service);
  return Object.freeze(tier);
}

const builtInPage = (lang: string, { title, detail }: Problem) =>
  htmlPage(lang, title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(detail)}</p>`);

function ownPage<Native>(
  html: NonNullable<UnavailableOptions<Native>['html']>,
  page: UnavailablePage,
  native: Native,
): string | undefined {
  try {
    const made: unknown = html(page, native);
    // An async function is a mistake here; its rejection would end the process.
    ignore(made);
    return typeof made === 'string' && made !== '' ? made : undefined;
  } catch {
    return undefined;
  }
}
