export { type LruAnswers, type LruAnswersOptions, type LruAnswersStats, lruAnswers } from './answers/lru.ts';
export { normalisedQuestion } from './answers/normalised-question.ts';
export type { AnswerStore, StoredAnswer } from './answers/store.ts';
export { Brownout, brownout, createBrownout } from './brownout.ts';
export type { Call } from './circuit/call.ts';
export { CallFlow, type FlowWatcher } from './circuit/call-flow.ts';
export { Circuit } from './circuit/circuit.ts';
export type { CircuitOptions } from './circuit/circuit-options.ts';
export { type FlowingOptions, flowing } from './circuit/flowing.ts';
export type { CircuitHealth, CircuitMetrics } from './circuit/metrics.ts';
export type { Permit, Refusal } from './circuit/permit.ts';
export { protectedBy } from './circuit/protected-by.ts';
export type { RateLimit, RateLimiter } from './circuit/rate-limit.ts';
export type { RetryOptions } from './circuit/retry.ts';
export { retryAfterOf } from './circuit/retry-after.ts';
export {
  type AskingCircuit,
  type Classifier,
  type Classify,
  type ClassifyLists,
  defaultVerdict,
  type ErrorClass,
  type Outcome,
  type ReasonedVerdict,
} from './classify.ts';
export type { Clock } from './clock.ts';
export {
  BrownoutError,
  CircuitOpenError,
  DeadlineError,
  OptionsError,
  OverloadedError,
  RateLimitedError,
  RefusedError,
  TierError,
  type TimeLimit,
} from './errors.ts';
export type {
  AlertProblem,
  BrownoutEventName,
  BrownoutEvents,
  BrownoutListener,
  CircuitMode,
  ListenOptions,
  RefusalReason,
  TripRule,
  Verdict,
} from './events.ts';
export { type Excerpt, type ExcerptsOptions, excerpts, type Passage } from './excerpts/excerpts.ts';
export type { AttemptEvents, Ending, Exchange, Lineup } from './exchange.ts';
export {
  Failover,
  type FailoverOptions,
  type FailoverRunOptions,
  failover,
  type Provided,
  type Provider,
} from './failover.ts';
export type { DrillHeader, DrillOptions } from './guard/drill-options.ts';
export { Guard } from './guard/guard.ts';
export type { BreakerOptions, RouteOptions, StreamLimits } from './guard/guard-options.ts';
export type { GuardedAttempt } from './guard/guarded-attempt.ts';
export { type LlmRouteOptions, llmRoute } from './llm-route.ts';
export { type LogOptions, logTo } from './log/log-to.ts';
export type { LogStyle, LogTarget } from './log/logger.ts';
export type { FallbackLevel, FallbackMetadata, FallbackReason } from './metadata.ts';
export { type OptionRule, type OptionRules, parseOptions, rules } from './options.ts';
export { type PersistOptions, persist } from './persist/persist.ts';
export type { Persistence } from './persist/persistence.ts';
export type { FriendlyWords } from './replies/friendly-words.ts';
export { isReplaced } from './replies/reply-form.ts';
export type { Reply, ReplyHeaders } from './reply.ts';
export type { RequestView } from './request-view.ts';
export type { RouteHandle } from './route-handle.ts';
export { type AlternateFn, type AlternateOptions, alternate } from './tiers/alternate.ts';
export { type CachedAnswerOptions, cachedAnswer } from './tiers/cached-answer.ts';
export { type ContextExcerptsOptions, contextExcerpts } from './tiers/context-excerpts.ts';
export { fixedAnswer } from './tiers/fixed-answer.ts';
export { type LaterTier, type QueueForLaterOptions, queueForLater } from './tiers/queue-for-later.ts';
export type {
  CapturedAnswer,
  ProvidedContext,
  Tier,
  TierContext,
  TierReply,
  TierSite,
  TierWatcher,
} from './tiers/tier.ts';
export { type UnavailableOptions, unavailable } from './tiers/unavailable.ts';
export { isWholeLlmAnswer } from './tiers/whole-llm-answer.ts';
