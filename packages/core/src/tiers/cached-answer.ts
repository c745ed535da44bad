import { announcesBody } from '../answers/announced-body.ts';
import { Flights } from '../answers/flights.ts';
import { AnswerKeys } from '../answers/key.ts';
import { RecentKeys } from '../answers/recent-keys.ts';
import { safeStore } from '../answers/safe-store.ts';
import type { AnswerStore } from '../answers/store.ts';
import { takenHeaders } from '../answers/taken-headers.ts';
import { OptionsError } from '../errors.ts';
import { type OptionRules, parseOptions, rules } from '../options.ts';
import type { RequestView } from '../request-view.ts';
import { type AnswerTerms, AnswerWatcher } from './answer-watcher.ts';
import { AskedOption } from './asked-option.ts';
import { PathMarker } from './path-marker.ts';
import type { CapturedAnswer, Tier, TierSite, TierWatcher } from './tier.ts';

export interface CachedAnswerOptions<Native = unknown> {
  /**
   * Which requests are the same, beside their method, path, query and scope: a string or any JSON value, such as the question or
   * the whole body. With it, answers to other methods than GET are kept, too. Called when a request begins. `undefined`, also as an
   * item of a list, and `null` mean no caching, and so do a throw, a promise and what is no JSON (a `Map`, an instance of a class without
   * `toJSON`) or has more than 262,144 characters, which are told; a member that is `undefined` is left out, as in JSON. Strings are compared as they are: for questions see
   * `normalisedQuestion`. @default `Accept`, `Accept-Language` and `X-Requested-With`, and GET only
   */
  key?: ((native: Native, request: RequestView<Native>) => unknown) | undefined;
  /**
   * Who may share an answer: a string or any JSON value, such as the user's id, or a constant for everybody. Called when a request
   * begins. A throw, a promise, `undefined` (also within a list) and `null` share nothing. @default whatever of the request may tell who
   * asks: each header whose name is not known to be of another kind, and the TLS client's certificate
   */
  scope?: ((native: Native) => unknown) | undefined;
  /**
   * Whether an answer that may be kept is worth it: asked with its status, headers and whole body. What it throws is told, and keeps
   * nothing. @default all
   */
  keep?: ((answer: CapturedAnswer) => boolean) | undefined;
  /** @default the store of the set of circuits */
  store?: AnswerStore | undefined;
  /** How old an answer may be served in place of a fresh one, in milliseconds; 0 keeps none. @default 86400000 (24 h) */
  maxAgeMs?: number | undefined;
  /** Within this age an answer is served without asking the handler, in milliseconds; 0 is never. @default 0 */
  freshMs?: number | undefined;
  /**
   * Requests that ask the same at once are asked once: the others wait for that answer, and degrade with it when it fails. When who asks
   * leaves, or gets nothing that may be stored, one of those who wait asks. What streams reaches those who wait once it is whole.
   * @default false
   */
  coalesce?: boolean | undefined;
}

const DAY_MS = 86_400_000;

/** The safe methods of the IANA registry (RFC 9110 §9.2.1, §16.1). */
const safeMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'QUERY',
]);

const isStore = (value: unknown): boolean => {
  const store = value as Partial<AnswerStore> | null;
  return [store?.get, store?.set, store?.delete].every((method) => typeof method === 'function');
};

const known: OptionRules<CachedAnswerOptions> = {
  key: rules.fn,
  scope: rules.fn,
  keep: rules.fn,
  store: rules.rule('an answer store: an object with `get`, `set` and `delete`', isStore),
  maxAgeMs: rules.duration,
  freshMs: rules.duration,
  coalesce: rules.boolean,
};

/**
 * The tier that answers with what the same request was answered with before. What may be kept, and for whom, follows RFC 9111: whole
 * 200 answers to GET, or to any method with a `key`, that neither `Cache-Control` nor a cookie forbids.
 *
 * @throws OptionsError at start-up for an unknown or bad option, and when `freshMs` is above `maxAgeMs`
 */
export function cachedAnswer<Native = unknown>(options?: CachedAnswerOptions<Native>): Tier<Native> {
  const given = parseOptions<CachedAnswerOptions<Native>>('cachedAnswer', options, known);
  const { maxAgeMs = DAY_MS, freshMs = 0, store, keep, coalesce = false } = given;
  if (freshMs > maxAgeMs)
    throw new OptionsError(`\`freshMs\` (${freshMs}) must be at most \`maxAgeMs\` (${maxAgeMs}).`);
  const key = given.key && new AskedOption('key', given.key);
  const scope = given.scope && new AskedOption('scope', given.scope);
  const terms: AnswerTerms = { maxAgeMs, freshMs, keep, flights: coalesce ? new Flights() : undefined };
  const recent = new RecentKeys();

  function watch(request: RequestView<Native>, site: TierSite): TierWatcher | undefined {
    const { method } = request;
    const asked = key?.read(request, site);
    const isSafe = safeMethods.has(method);
    const isKeyed = asked !== undefined;
    const cacheable = isKeyed || (key === undefined && isPlainGet(request));
    if (!cacheable && isSafe) return undefined;
    const scoped = cacheable ? scope?.read(request, site) : undefined;
    if (cacheable && scope !== undefined && scoped === undefined) return undefined;
    const answers = store ?? site.answers;
    const safe = safeStore(answers, site.events, site.clock);
    // Processes share a store of theirs by what they agree on.
    const isHere = answers.level !== 'l2_cache' && request.application !== undefined;
    const application = isHere ? safe.applications.idOf(request.application) : undefined;
    const known = asked === undefined && cacheable ? recent.find(request, scoped, application) : undefined;
    const keys = known ?? keysOf(request, asked, scoped, application);
    if (!cacheable) return new PathMarker(keys, safe, maxAgeMs);
    if (known === undefined) recent.keep(request, keys);
    return new AnswerWatcher(request, isKeyed, keys, safe, site.clock, terms);
  }

  return Object.freeze({ name: store?.level ?? 'l1_cache', answer: () => undefined, watch });
}

/** A body that no key tells of may have changed the answer (RFC 9110 §9.3.1 gives it no meaning, and applications may). */
function isPlainGet(request: RequestView): boolean {
  const { method } = request;
  return (method === 'GET' || method === 'HEAD') && !announcesBody(request);
}

function keysOf(
  request: RequestView,
  key: string | undefined,
  scope: string | undefined,
  application: string | undefined,
): AnswerKeys {
  const { method, url, protocol, certificate } = request;
  const headers = takenHeaders(request);
  return new AnswerKeys({ method, url, protocol, application, headers, certificate, key, scope });
}
