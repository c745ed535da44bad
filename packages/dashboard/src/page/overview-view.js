import { byId, setAttribute, setText } from './dom.js';
import { headline, iconUrl, overviewOf, worst } from './overview.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */

/** Says how all circuits are: in the headline, at the chips and in the browser's tab. @param {Iterable<CircuitSummary>} circuits */
export function drawOverview(circuits) {
  const overview = overviewOf(circuits);
  setText(byId('headline'), headline(overview));
  setAttribute(byId('icon'), 'href', iconUrl(worst(overview)));
  for (const [key, n] of Object.entries(overview)) {
    const shown = document.querySelector(`[data-count="${key}"]`);
    if (shown) setText(shown, String(n));
  }
}
