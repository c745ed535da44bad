/** What has become of a call. The README's table says what follows from each. */
export type OpenAIOutcomeKind =
  | 'rate_limited'
  | 'insufficient_quota'
  | 'unauthorized'
  | 'no_such_model'
  | 'rejected'
  | 'context_too_long'
  | 'unavailable'
  | 'connection'
  | 'timeout'
  | 'bad_answer'
  | 'refused'
  | 'aborted'
  | 'unknown';

/** The `type` of the error that `brownoutFetch` answers with while its circuit refuses. */
export const refusedType = 'brownout_refused';

/** The words that upstreams use, in `code` or in `type`, for what a status does not tell or a stream has none for. */
const words: ReadonlyMap<string, OpenAIOutcomeKind> = new Map([
  [refusedType, 'refused'],
  ['insufficient_quota', 'insufficient_quota'],
  ['billing_hard_limit_reached', 'insufficient_quota'],
  ['billing_not_active', 'insufficient_quota'],
  ['rate_limit_exceeded', 'rate_limited'],
  ['rate_limit_error', 'rate_limited'],
  ['context_length_exceeded', 'context_too_long'],
  ['string_above_max_length', 'context_too_long'],
  ['invalid_api_key', 'unauthorized'],
  ['authentication_error', 'unauthorized'],
  ['permission_error', 'unauthorized'],
  ['model_not_found', 'no_such_model'],
  ['model_decommissioned', 'no_such_model'],
  ['invalid_model', 'no_such_model'],
  ['DeploymentNotFound', 'no_such_model'],
  ['invalid_prompt', 'rejected'],
  ['invalid_request_error', 'rejected'],
]);

/** What an upstream's error says by its `code`, or else by its `type`; `undefined` where neither is a word for it. */
export function kindOfUpstreamError(error: unknown): OpenAIOutcomeKind | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, type } = error as { code?: unknown; type?: unknown };
  return words.get(code as string) ?? words.get(type as string);
}
