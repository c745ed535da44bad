import type { FallbackLevel, FallbackMetadata, FallbackReason } from '../metadata.ts';
import { asText } from './structured-field.ts';

/** What the metadata is made from: every `TierContext` is one. */
export interface FallbackFacts {
  readonly reason: FallbackReason;
  readonly circuit: string;
  readonly retryAfterMs: number | undefined;
}

const MOST_SECONDS = 2 ** 31 - 1;
const LAST_DATE_MS = 8.64e15;

/** Of stored answers, each of which is served many times. */
const isoTimes = new Map<number, string>();
const MOST_TIMES = 1000;

function isoTime(ms: number): string {
  let text = isoTimes.get(ms);
  if (text === undefined) {
    if (isoTimes.size >= MOST_TIMES) isoTimes.clear();
    text = new Date(ms).toISOString();
    isoTimes.set(ms, text);
  }
  return text;
}

/**
 * Whole seconds for `Retry-After` (RFC 9110 §10.2.3): rounded up, so that nobody comes too early, and never 0.
 * `undefined` when the time is not known.
 */
export function retryAfterSeconds(retryAfterMs: number | undefined): number | undefined {
  if (typeof retryAfterMs !== 'number' || Number.isNaN(retryAfterMs)) return undefined;
  return Math.min(Math.max(1, Math.ceil(retryAfterMs / 1000)), MOST_SECONDS);
}

/** Whole seconds since a cached answer was made; 0 for one from the future (a clock that was set back). */
export const ageSeconds = (cachedAt: number, wallNow: number): number =>
  Math.max(0, Math.floor((wallNow - cachedAt) / 1000));

/**
 * What a degraded answer says of itself. `cachedAt` is when a cached answer was made and `wallNow` is now, both in milliseconds
 * since the Unix epoch.
 */
export function fallbackMetadata(
  level: FallbackLevel,
  { reason, circuit, retryAfterMs }: FallbackFacts,
  wallNow: number,
  cachedAt?: number,
): FallbackMetadata {
  const seconds = retryAfterSeconds(retryAfterMs);
  return {
    from_fallback: true,
    fallback_reason: asText(reason) as FallbackReason,
    fallback_level: asText(level),
    circuit: asText(circuit),
    ...(seconds !== undefined && { retry_after: seconds }),
    ...(cachedAt !== undefined &&
      Math.abs(cachedAt) <= LAST_DATE_MS && {
        cached_at: isoTime(cachedAt),
        age_seconds: ageSeconds(cachedAt, wallNow),
      }),
  };
}
