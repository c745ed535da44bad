import { DeadlineError } from '../errors.ts';
import type { Reply } from '../reply.ts';
import { type Course, clientLeft } from './course.ts';
import { degrade } from './degrading.ts';

/** The handler has not begun to answer in time. */
export function expire<Native>(course: Course<Native>): void {
  if (course.phase !== 'running') return;
  course.admission.reach();
  if (!course.governs) {
    course.settle('failure');
    return;
  }
  const { fallbacks, timeoutMs } = course.policy;
  const error = new DeadlineError(course.admission.name, timeoutMs);
  if (fallbacks.answer('timeout')) {
    degrade(course, { verdict: 'failure', reason: 'timeout' }, error);
    return;
  }
  course.settle('failure');
  if (fallbacks.areOff) {
    course.exchange.handOver();
    course.finish();
  }
  course.abort(() => error);
  if (fallbacks.areOff) course.exchange.fail(error);
}

/** The client has stopped sending its request. */
export function giveUp<Native>(course: Course<Native>): void {
  if (course.phase !== 'running' || !course.governs) return;
  course.settle('ignore');
  course.finish();
  course.exchange.hold();
  course.abort(clientLeft);
  course.exchange.serve(requestTimeout);
}

const requestTimeout: Reply = {
  status: 408,
  headers: { 'content-type': 'application/problem+json', connection: 'close' },
  body: '{"type":"about:blank","title":"Request Timeout","status":408,"detail":"The body of the request stopped arriving."}',
};
