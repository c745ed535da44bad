/** What people read for the names on the wire. */

/** @type {Record<string, string>} */
export const states = {
  closed: 'Closed',
  half_open: 'Half-open',
  open: 'Open',
  forced_open: 'Forced open',
  disabled: 'Disabled',
};

/** From the best answer to the worst: the order in every bar and legend. @type {Record<string, string>} */
export const levels = {
  handler: 'Fresh',
  alternate: 'Alternate',
  l1_cache: 'Cached',
  l2_cache: 'Cached, shared',
  excerpts: 'Excerpts',
  queued: 'Queued',
  static: 'Fixed answer',
  unavailable: 'Unavailable',
};

/** @type {Record<string, string>} */
export const reasons = {
  circuit_open: 'circuit open',
  forced_open: 'forced open',
  timeout: 'timeout',
  failure: 'failure',
  rate_limited: 'rate limited',
  overloaded: 'overloaded',
  drill: 'drill',
};

/** @type {Record<string, string>} */
export const statuses = { failed: 'Failed', degraded: 'Degraded', healthy: 'Healthy' };
