import { isNotModified } from '../answers/conditional.ts';
import type { Events } from '../events.ts';
import type { FallbackLevel, FallbackMetadata } from '../metadata.ts';
import type { Reply, ReplyHeaders } from '../reply.ts';
import type { RequestView } from '../request-view.ts';
import type { TierReply } from '../tiers/tier.ts';
import { ageSeconds, type FallbackFacts, fallbackMetadata, retryAfterSeconds } from './fallback-metadata.ts';
import { Replays, type ReplayTerms } from './replays.ts';
import { formOf, type ReplyForm, storedForm } from './reply-form.ts';
import { StoredReply } from './stored-reply.ts';
import { fieldItem, fieldString } from './structured-field.ts';
import { type Tag, taggedBody } from './tagged-body.ts';

export interface DegradedReplyOptions {
  readonly tag?: Tag | undefined;
  /** Adds our headers to `Access-Control-Expose-Headers`. */
  readonly exposeHeaders: boolean;
  /** What `Access-Control-Expose-Headers` has on the response by now. */
  readonly exposed?: string | undefined;
  /** Where a `tag` that fails is told. */
  readonly events?: Events | undefined;
}

export interface DegradedReply {
  readonly reply: Reply;
  readonly metadata: FallbackMetadata;
}

const replays = new Replays<DegradedReply>();
const noHeaders: ReplyHeaders = Object.freeze({});
const ours = ['Brownout-Fallback', 'Retry-After', 'Age', 'Cache-Status'] as const;

/**
 * A tier's answer as it goes out: tagged in its headers, and in its body where that is a JSON object. A conditional GET or HEAD may
 * get 304 for a cached answer. `wallNow` is in milliseconds since the Unix epoch. `Content-Length` and HEAD's missing body are the
 * sender's.
 *
 * @throws what `JSON.stringify` throws for a body that cannot be JSON
 */
export function degradedReply(
  request: RequestView,
  given: TierReply,
  level: FallbackLevel,
  facts: FallbackFacts,
  options: DegradedReplyOptions,
  wallNow: number,
): DegradedReply {
  const isReplay = given instanceof StoredReply && options.tag === undefined;
  if (!isReplay || request.headers['if-none-match'] !== undefined)
    return madeReply(request, given, level, facts, options, wallNow);
  const { reason, circuit, retryAfterMs } = facts;
  const age = ageSeconds(given.cachedAt, wallNow);
  const retryAfter = retryAfterSeconds(retryAfterMs);
  const { exposeHeaders, exposed } = options;
  const terms: ReplayTerms = { level, reason, circuit, age, retryAfter, exposeHeaders, exposed };
  return (
    replays.find(given.answer, terms) ??
    replays.keep(given.answer, terms, madeReply(request, given, level, facts, options, wallNow))
  );
}

function madeReply(
  request: RequestView,
  given: TierReply,
  level: FallbackLevel,
  facts: FallbackFacts,
  options: DegradedReplyOptions,
  wallNow: number,
): DegradedReply {
  const { headers: own = noHeaders, status = 200, body, cachedAt } = given;
  const form = cachedAt === undefined ? formOf(own) : storedForm(own);
  const metadata = withOwnRetry(fallbackMetadata(level, facts, wallNow, cachedAt), form);

  if (
    cachedAt !== undefined &&
    status === 200 &&
    isNotModified(request.method, request.headers['if-none-match'], own.etag)
  ) {
    const headers = replyHeaders(form.notModified, form, metadata, options);
    return { metadata, reply: { status: 304, headers, body: '' } };
  }
  const tagged = taggedBody(body, form.isJsonText, cachedAt !== undefined, metadata, options, wallNow);
  const headers = replyHeaders(tagged === undefined ? form.unchanged : form.changed, form, metadata, options);
  // what had no type when it was stored was taken for what it looked like
  if (cachedAt === undefined) headers['content-type'] ??= defaultType(body);
  return { metadata, reply: { status, headers, body: tagged ?? asSent(body) } };
}

/** Header and body say the same: a tier that knows when to come back knows better than the circuit. */
function withOwnRetry(metadata: FallbackMetadata, { retryAfter }: ReplyForm): FallbackMetadata {
  return retryAfter !== undefined && /^\d+$/.test(retryAfter)
    ? { ...metadata, retry_after: Number(retryAfter) }
    : metadata;
}

function replyHeaders(
  base: ReplyHeaders,
  { retryAfter }: ReplyForm,
  metadata: FallbackMetadata,
  { exposeHeaders, exposed }: DegradedReplyOptions,
): ReplyHeaders {
  const { fallback_reason: reason, fallback_level: level, circuit, retry_after, age_seconds: age } = metadata;
  const field = `${fieldItem(level)}; reason=${fieldItem(reason)}; circuit=${fieldString(circuit)}`;
  const headers: ReplyHeaders = { ...base, 'cache-control': 'no-store' };
  headers['brownout-fallback'] = age === undefined ? field : `${field}; age=${age}`;
  if (retryAfter !== undefined) headers['retry-after'] = retryAfter;
  else if (retry_after !== undefined) headers['retry-after'] = String(retry_after);
  if (age !== undefined) {
    headers.age = String(age);
    headers['cache-status'] = `brownout; hit; detail=${fieldItem(reason)}`;
  }
  if (exposeHeaders) headers['access-control-expose-headers'] = exposing(headers, exposed);
  return headers;
}

/** What is exposed already, and our headers where they are not among it (Fetch §3.3.3). */
function exposing(headers: ReplyHeaders, exposed: string | undefined): string {
  const names = `${exposed ?? ''},${headers['access-control-expose-headers'] ?? ''}`
    .split(',')
    .map((name) => name.trim());
  const list = [
    ...names.filter((name) => name !== ''),
    ...ours.filter((name) => headers[name.toLowerCase()] !== undefined),
  ];
  return list
    .filter((name, at) => list.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === at)
    .join(', ');
}

function defaultType(body: TierReply['body']): string {
  if (typeof body === 'string') return 'text/plain; charset=utf-8';
  return body instanceof Uint8Array ? 'application/octet-stream' : 'application/json; charset=utf-8';
}

const asSent = (body: TierReply['body']): string | Uint8Array =>
  typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
