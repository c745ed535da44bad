import { AsyncResource } from 'node:async_hooks';

/**
 * The asynchronous context of no request. What outlives one (a timer that is set anew each time, a job) must not be run in that in which
 * it was begun: it would hold on to it, and what it does would be told as done by that request.
 */
export const outside = new AsyncResource('brownout.Outside');
