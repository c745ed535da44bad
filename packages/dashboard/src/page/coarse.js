/** @typedef {import('../contract.js').CircuitHistory} History */

const severity = ['closed', 'half_open', 'open'];
const counts = /** @type {const} */ (['success', 'failure', 'refused', 'degraded']);

/**
 * The history in longer steps. They begin where they would at any other time, so that what has been drawn stays as time goes on,
 * and the first is whole. Each has the worst of its states and of its latencies.
 *
 * @param {History} history @param {number} stepMs @returns {History}
 */
export function coarse(history, stepMs) {
  const first = Math.ceil(history.from / stepMs);
  /** @type {History} */
  const result = {
    from: first * stepMs,
    stepMs,
    success: [],
    failure: [],
    refused: [],
    degraded: [],
    p95: [],
    state: [],
  };
  for (const i of history.state.keys()) {
    const at = Math.floor((history.from + i * history.stepMs) / stepMs) - first;
    if (at < 0) continue;
    for (const name of counts) result[name][at] = (result[name][at] ?? 0) + (history[name][i] ?? 0);
    result.p95[at] = greater(result.p95[at] ?? null, history.p95[i] ?? null);
    result.state[at] = worse(result.state[at] ?? null, history.state[i] ?? null);
  }
  return result;
}

/** @param {number | null} a @param {number | null} b */
const greater = (a, b) => (a === null || b === null ? (a ?? b) : Math.max(a, b));

/** @param {History['state'][number]} a @param {History['state'][number]} b */
const worse = (a, b) => (severity.indexOf(a ?? '') >= severity.indexOf(b ?? '') ? a : b);
