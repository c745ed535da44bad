import { refusalError } from '../circuit/refusal-error.ts';
import { DeadlineError } from '../errors.ts';
import type { RefusalReason, Verdict } from '../events.ts';
import { type FallbackLevel, type FallbackReason, fallbackReasons, type SharedFailure } from '../metadata.ts';
import type { LadderAnswer } from '../tiers/ladder.ts';
import { answeredAlready, type Course } from './course.ts';
import type { Facts } from './fallbacks.ts';
import { type Judgement, judgeError } from './judgement.ts';

/** What is no answer, and why. */
export type Failing = Judgement & { readonly reason: FallbackReason };

/** Whether this is answered by a tier. */
export function isAnswered<Native>(course: Course<Native>, judgement: Judgement): judgement is Failing {
  return judgement.reason !== undefined && course.governs && course.policy.fallbacks.answer(judgement.reason);
}

/** Answers without the handler, or hands the refusal to the host. */
export function refuse<Native>(course: Course<Native>, { reason, retryAfterMs }: SharedFailure): void {
  if (course.policy.fallbacks.answer(reason)) {
    degrade(course, { verdict: 'ignore', reason, retryAfterMs });
    return;
  }
  // who waits for another has the same tiers: of a failure that none answers for, nobody is told
  const refusal = { admitted: false, reason: reason as RefusalReason, retryAfterMs } as const;
  course.fail(refusalError(course.admission.name, refusal));
}

/** The handler itself asks for it, and gives the reason. */
export function degradeAtWill<Native>(course: Course<Native>, given: FallbackReason): void {
  let reason = given;
  if (!fallbackReasons.includes(given)) {
    reason = 'failure';
    const { events, clock } = course.site;
    const error = new TypeError('Expected the reason given to `degrade` to be one of `fallbackReasons`');
    events.emit('option_failed', { at: clock.wall(), option: 'degrade', error });
  }
  const verdict = reason === 'failure' || reason === 'timeout' ? 'failure' : 'ignore';
  if (course.phase === 'flowing') cut(course, reason, verdict);
  if (course.phase === 'running') course.admission.reach();
  if (course.phase === 'running' || course.phase === 'aside') degrade(course, { verdict, reason });
}

/** Answers from the tiers, in the handler's place. */
export function degrade<Native>(
  course: Course<Native>,
  { verdict, reason, retryAfterMs }: Failing,
  error?: unknown,
): void {
  course.phase = 'degrading';
  course.disarm();
  course.settle(verdict, retryAfterMs);
  const late = error instanceof DeadlineError ? error : undefined;
  course.exchange.hold(late);
  course.abort(late === undefined ? answeredAlready : () => late);
  // after a failure nobody knows when, and whether, to try again: what has begun may have been done
  const told = reason === 'failure' || reason === 'timeout' ? undefined : retryAfterMs;
  course.watch?.degraded({ reason, retryAfterMs: told });
  const { name: circuit, circuit: through } = course.admission;
  const facts: Facts = { reason, circuit, through, retryAfterMs: told, error, provided: course.provided };
  const { fallbacks } = course.policy;
  const answer = fallbacks.climb(course.request, facts, course.watch, () => course.clientLeft);
  if (answer instanceof Promise) {
    answer.then((late) => late && reply(course, late, facts)).catch((fault) => course.fail(fault));
  } else reply(course, answer, facts);
}

function reply<Native>(course: Course<Native>, answer: LadderAnswer, facts: Facts): void {
  if (course.phase !== 'degrading') return;
  course.finish();
  const { exchange } = course;
  const sent = course.policy.fallbacks.reply(exchange, answer, facts);
  try {
    exchange.reply(sent);
  } catch (fault) {
    // what the host says of it must not go nowhere
    exchange.release();
    exchange.fail(fault);
    return;
  }
  tell(course, facts.reason, answer.level, sent.status, answer.reply.cachedAt);
}

/** Ends a flowing answer that has failed: with last words, or so that its client sees it broken. `error`: what its handler is told. */
export function cut<Native>(
  course: Course<Native>,
  reason: FallbackReason,
  verdict: Verdict = 'failure',
  error?: Error,
): void {
  const { governs, exchange } = course;
  course.settle(verdict);
  course.failOthers(reason);
  course.finish();
  if (!governs) return;
  course.abort(error === undefined ? answeredAlready : () => error);
  const facts: Facts = { reason, circuit: course.admission.name, retryAfterMs: undefined };
  const last = course.policy.fallbacks.lastWords(exchange, facts);
  exchange.cut(last, error);
  if (last !== undefined) tell(course, reason, 'unavailable', 200);
}

/** Ends it for an error that comes when bytes have gone out: what a host would render as an answer of its own breaks this one. */
export function cutBy<Native>(course: Course<Native>, error: unknown): void {
  const { verdict, reason } = judgeError(error, course.admission.circuit);
  if (reason === undefined) cut(course, 'failure');
  else cut(course, reason, verdict);
}

function tell<Native>(
  course: Course<Native>,
  reason: FallbackReason,
  level: FallbackLevel,
  status: number,
  cachedAt?: number,
): void {
  const { events, clock } = course.site;
  if (!events.wanted('degraded')) return;
  const circuit = course.admission.name;
  const at = clock.wall();
  events.emit('degraded', {
    circuit,
    at,
    reason,
    level,
    status,
    durationMs: course.elapsedMs || 0,
    ...(cachedAt !== undefined && { ageMs: Math.max(0, at - cachedAt) }),
  });
}
