import type { Refusal } from '../circuit/permit.ts';
import type { AttemptEvents } from '../exchange.ts';
import type { SharedFailure } from '../metadata.ts';
import type { Reply } from '../reply.ts';
import type { Joined } from '../tiers/tier.ts';
import type { Course } from './course.ts';
import { refuse } from './degrading.ts';

/** Begins: a drill, a fresh answer, that of another request that asks the same, a place in the circuit's line, and then the handler. */
export function enter<Native>(course: Course<Native>, attempt: AttemptEvents): void {
  if (isDrill(course)) {
    course.startClock();
    refuse(course, drill);
    return;
  }
  const fresh = course.governs ? course.watch?.fresh() : undefined;
  if (fresh instanceof Promise) {
    fresh.then((reply) => join(course, attempt, reply)).catch((error) => course.fail(error));
  } else join(course, attempt, fresh);
}

const drill: SharedFailure = { reason: 'drill', retryAfterMs: undefined };

/** A circuit that is not closed has its own reason to refuse, and needs its probes. */
function isDrill<Native>(course: Course<Native>): boolean {
  const { policy, exchange, admission } = course;
  if (policy.drill === undefined || exchange.closed) return false;
  return (course.asksForDrill || policy.drill.draws()) && admission.stepsBack();
}

/** Waits for another request that asks the same, if there is one. */
function join<Native>(course: Course<Native>, attempt: AttemptEvents, fresh: Reply | undefined): void {
  const mayWait = fresh === undefined && course.governs && !course.exchange.closed;
  const joined = mayWait ? course.watch?.join(course.policy.timeoutMs) : undefined;
  if (joined === undefined) admit(course, attempt, fresh);
  else joined.then((end) => hasJoined(course, attempt, end)).catch((error) => course.fail(error));
}

function hasJoined<Native>(course: Course<Native>, attempt: AttemptEvents, end: Joined | undefined): void {
  if (end !== undefined && 'failure' in end && !course.exchange.closed) refuse(course, end.failure);
  else admit(course, attempt, end !== undefined && 'reply' in end ? end.reply : undefined);
}

function admit<Native>(course: Course<Native>, attempt: AttemptEvents, fresh: Reply | undefined): void {
  const { admission, exchange } = course;
  if (fresh !== undefined || exchange.closed) {
    admission.release();
    course.finish(fresh === undefined);
    if (fresh === undefined) exchange.abandon();
    else exchange.serve(fresh);
    return;
  }
  const refusal = admission.circuit?.limitsEntry ? admission.enter(() => course.clientLeft) : admission.admit();
  if (!(refusal instanceof Promise)) {
    hasEntered(course, attempt, refusal);
    return;
  }
  course.phase = 'waiting';
  refusal.then((late) => late !== 'left' && hasWaited(course, attempt, late)).catch((error) => course.fail(error));
}

function hasWaited<Native>(course: Course<Native>, attempt: AttemptEvents, refusal: Refusal | undefined): void {
  if (course.phase !== 'waiting') {
    course.admission.release(); // the client has left in the meantime
    return;
  }
  course.phase = 'running';
  hasEntered(course, attempt, refusal);
}

function hasEntered<Native>(course: Course<Native>, attempt: AttemptEvents, refusal: Refusal | undefined): void {
  course.startClock();
  if (refusal !== undefined) {
    refuse(course, refusal);
    return;
  }
  course.exchange.run(attempt, course.admission.expected);
  attempt.taken();
}
