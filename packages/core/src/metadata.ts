/** Why a request was answered by a tier. */
export type FallbackReason =
  | 'circuit_open'
  | 'forced_open'
  | 'timeout'
  | 'failure'
  | 'rate_limited'
  | 'overloaded'
  | 'drill';

export const fallbackReasons: readonly FallbackReason[] = [
  'circuit_open',
  'forced_open',
  'timeout',
  'failure',
  'rate_limited',
  'overloaded',
  'drill',
];

/** Which tier answered. A tier of the user's own has its `name` as the level. */
export type FallbackLevel =
  | 'l1_cache'
  | 'l2_cache'
  | 'excerpts'
  | 'alternate'
  | 'queued'
  | 'static'
  | 'unavailable'
  | (string & {});

/** What every degraded answer says of itself: in its body, where that is a JSON object, and in its headers. */
export interface FallbackMetadata {
  readonly from_fallback: true;
  readonly fallback_reason: FallbackReason;
  readonly fallback_level: FallbackLevel;
  /** The name of the circuit that governs the route. */
  readonly circuit: string;
  /** Whole seconds until a retry makes sense; absent when that is not known. Never 0. */
  readonly retry_after?: number;
  /** When the cached answer was made, ISO 8601. */
  readonly cached_at?: string;
  /** Whole seconds since the cached answer was made. */
  readonly age_seconds?: number;
}

/** Why another request, that asked the same, was answered by a tier. */
export interface SharedFailure {
  readonly reason: FallbackReason;
  /** Milliseconds. */
  readonly retryAfterMs: number | undefined;
}
