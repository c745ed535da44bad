import { isByHand } from './overview.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {keyof typeof orders} Order */

/** What the table can be sorted by. */
export const orders = {
  problems: 'Problems first',
  name: 'Name',
  failures: 'Failure rate',
  calls: 'Calls per minute',
  latency: 'Latency, p95',
};

/** @param {CircuitSummary} a @param {CircuitSummary} b */
const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const severity = { failed: 0, degraded: 1, healthy: 3 };
/** @param {CircuitSummary} circuit */
const urgency = (circuit) => Math.min(severity[circuit.status], isByHand(circuit) ? 2 : 3);

/** The most first; what has none comes last. @param {(circuit: CircuitSummary) => number | undefined} of */
const most = (of) => (/** @type {CircuitSummary} */ a, /** @type {CircuitSummary} */ b) =>
  (of(b) ?? -1) - (of(a) ?? -1);

/** @type {Record<Order, (a: CircuitSummary, b: CircuitSummary) => number>} */
const comparisons = {
  problems: (a, b) => urgency(a) - urgency(b),
  name: byName,
  failures: most(({ failureRate }) => failureRate),
  calls: most(({ callsPerMinute }) => callsPerMinute),
  latency: most(({ latency }) => latency?.p95),
};

/** A sorted copy; equals are in the order of their names. @param {Iterable<CircuitSummary>} circuits @param {Order} order */
export const sorted = (circuits, order) => [...circuits].sort((a, b) => comparisons[order](a, b) || byName(a, b));
