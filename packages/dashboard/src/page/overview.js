/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {ReturnType<typeof overviewOf>} Overview */

/** Whether somebody has set it by hand, or it only measures: what a list of problems must not hide. @param {CircuitSummary} circuit */
export const isByHand = ({ override, mode }) => override !== undefined || mode !== 'enforce';

/** How many circuits are how. @param {Iterable<CircuitSummary>} circuits */
export function overviewOf(circuits) {
  const counts = { all: 0, failed: 0, degraded: 0, healthy: 0, by_hand: 0 };
  for (const circuit of circuits) {
    counts.all += 1;
    counts[circuit.status] += 1;
    if (isByHand(circuit)) counts.by_hand += 1;
  }
  return counts;
}

/** The worst of all. @param {Overview} overview @returns {CircuitSummary['status']} */
export const worst = ({ failed, degraded }) => (failed > 0 ? 'failed' : degraded > 0 ? 'degraded' : 'healthy');

/** The headline. @param {Overview} overview */
export function headline({ all, failed, degraded }) {
  if (all === 0) return 'No circuits yet';
  /** @param {number} some */
  const those = (some) => (all === 1 ? 'The one circuit' : `${some} of ${all} circuits`);
  if (failed > 0) return `${those(failed)} ${failed === 1 ? 'has' : 'have'} failed`;
  if (degraded > 0) return `${those(degraded)} ${degraded === 1 ? 'is' : 'are'} degraded`;
  return all === 1 ? 'The one circuit is healthy' : `All ${all} circuits are healthy`;
}

/** The shapes tell the statuses apart where colours do not. */
const icons = {
  healthy: `<circle cx='8' cy='8' r='7' fill='#2a9d76'/><path d='m4.8 8.2 2.2 2.3 4.2-4.7' fill='none' stroke='#fff' stroke-width='1.8'/>`,
  degraded: `<path d='M8 1 15.5 14.5H.5z' fill='#e0a100'/><path d='M8 5.5v4.2m0 1.3v1.6' stroke='#221a00' stroke-width='1.8'/>`,
  failed: `<path d='M5 1h6l4 4v6l-4 4H5l-4-4V5z' fill='#d5433d'/><path d='m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4' stroke='#fff' stroke-width='1.8'/>`,
};

/** The icon of the tab. @param {CircuitSummary['status']} status */
export const iconUrl = (status) =>
  `data:image/svg+xml,${encodeURIComponent(`<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${icons[status]}</svg>`)}`;
