import { headersOfChangedBody } from '../answers/changed-body.ts';
import { notModifiedHeaders } from '../answers/conditional.ts';
import type { ReplyHeaders } from '../reply.ts';
import { isJson } from './media-type.ts';

/** What the headers of a tier's reply come to, worked out once for a stored answer. */
export interface ReplyForm {
  /** For the body as it is. */
  readonly unchanged: ReplyHeaders;
  /** For a body that was tagged. */
  readonly changed: ReplyHeaders;
  readonly notModified: ReplyHeaders;
  /** The body, when it is text or bytes, is JSON to be read. */
  readonly isJsonText: boolean;
  /** The reply's own `Retry-After`, if it is one. */
  readonly retryAfter: string | undefined;
}

const forms = new WeakMap<ReplyHeaders, ReplyForm>();

/** The form of a stored answer, by the identity of its headers: they never change. */
export function storedForm(headers: ReplyHeaders): ReplyForm {
  let form = forms.get(headers);
  if (form === undefined) {
    form = formOf(headers);
    forms.set(headers, form);
  }
  return form;
}

export function formOf(headers: ReplyHeaders): ReplyForm {
  const unchanged: ReplyHeaders = {};
  for (const name in headers) if (!isReplaced(name)) unchanged[name] = headers[name]!;
  const changed = headersOfChangedBody(unchanged);
  const retryAfter = headers['retry-after'];
  return {
    unchanged,
    changed,
    notModified: notModifiedHeaders(unchanged),
    isJsonText: isJson(headers['content-type']) && headers['content-encoding'] === undefined,
    retryAfter: isRetryAfter(retryAfter) ? retryAfter : undefined,
  };
}

const replaced = new Set([
  'age',
  'brownout-fallback',
  'cache-control',
  'cache-status',
  'content-length',
  'edge-control',
  'expires',
  'pragma',
  'retry-after',
  'surrogate-control',
  'x-accel-expires',
]);

/**
 * Whether a header (in lower case) is said by us, or speaks against us: what tells caches to keep an answer, in all the dialects
 * (RFC 9213: `CDN-Cache-Control`). A degraded answer takes none from its tier, nor from what earlier middleware set on the response.
 */
export const isReplaced = (name: string): boolean => replaced.has(name) || name.endsWith('-cache-control');

/** Seconds, never 0, or a date (RFC 9110 §10.2.3). */
const isRetryAfter = (value: string | string[] | undefined): value is string =>
  typeof value === 'string' && (/^0*[1-9]\d*$/.test(value) || value.endsWith(' GMT'));
