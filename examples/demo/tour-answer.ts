import { performance } from 'node:perf_hooks';
import { readEvents } from './tour-events.ts';

/** One answer as a client sees it. */
export interface Answered {
  readonly status: number;
  /** `fresh` where nothing says that it is degraded, `cut` for a stream that says that it broke off, `error` for a 4xx. */
  readonly level: string;
  readonly reason: string | undefined;
  readonly provider: string | undefined;
  readonly age: number | undefined;
  readonly retryAfter: number | undefined;
  readonly ms: number;
  readonly text: string;
  /** Of a stream. */
  readonly tokens: number | undefined;
  readonly header: string | null;
  readonly cacheControl: string | null;
  readonly type: string;
  /** Where a job is to be asked for. */
  readonly location: string | null;
}

export interface Body {
  readonly answer?: string;
  readonly detail?: string;
  readonly error?: string;
  readonly status_url?: string;
  readonly metadata?: {
    readonly fallback_reason?: string;
    readonly fallback_level?: string;
    readonly age_seconds?: number;
    readonly provider?: string;
  };
}

export const events = 'text/event-stream';

/** Asks, and takes the answer apart. */
export async function see(url: string, question: object, accept: string): Promise<Answered> {
  const began = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(question),
  });
  const { headers, status } = response;
  const type = headers.get('content-type') ?? '';
  const content = await response.text();
  const ms = performance.now() - began;
  const streamed = type.startsWith(events) ? readEvents(content) : undefined;
  const body = streamed?.body ?? (JSON.parse(content) as Body);
  const header = headers.get('brownout-fallback');
  const { fallback_level, fallback_reason, age_seconds, provider } = body.metadata ?? {};
  // What is stored as a stream goes out byte for byte: there the header alone tells.
  const level = fallback_level ?? /^[^;]+/.exec(header ?? '')?.[0] ?? (status < 400 ? 'fresh' : 'error');
  const text = body.answer ?? body.detail ?? body.error ?? body.status_url ?? '';
  return {
    status,
    level: streamed?.isCut ? 'cut' : level,
    reason: fallback_reason ?? /reason=(\w+)/.exec(header ?? '')?.[1],
    provider,
    age: age_seconds ?? (headers.has('age') ? Number(headers.get('age')) : undefined),
    retryAfter: headers.has('retry-after') ? Number(headers.get('retry-after')) : undefined,
    ms,
    text: text.replaceAll(/\s+/g, ' '),
    tokens: streamed?.tokens,
    header,
    cacheControl: headers.get('cache-control'),
    type,
    location: headers.get('location'),
  };
}
