import { amount, latency, left, percent, span } from './format.js';
import { levels, states } from './words.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {{ key: string, x: string, width: string }} Piece A piece of a bar, as attributes of SVG. */
/** @typedef {Piece & { text: string, count: number }} Portion */
/** @typedef {ReturnType<typeof rowOf>} Row */

/** The state as people think of it: an override stands in its place. @param {CircuitSummary} circuit */
export const shownState = ({ state, mode }) => (mode === 'forced_open' || mode === 'disabled' ? mode : state);

/** The icon: a circuit that is switched off is neither well nor ill. @param {CircuitSummary} circuit */
export const iconOf = ({ mode, status }) => (mode === 'disabled' ? 'off' : status);

/** What a row says of a circuit at a time. @param {CircuitSummary} circuit @param {number} now */
export function rowOf(circuit, now) {
  const { failureRate, failureRateThreshold: limit, latency: measured, trail } = circuit;
  return {
    state: states[shownState(circuit)] ?? circuit.state,
    note: noteOf(circuit, now),
    tags: tagsOf(circuit),
    rate: failureRate === undefined ? '–' : percent(failureRate),
    limit: failureRate === undefined || limit === undefined ? '' : `of ${percent(limit)}`,
    meter: { rate: length(failureRate ?? 0), limit: length(limit ?? 2) },
    calls: amount(circuit.callsPerMinute),
    p50: latency(measured?.p50),
    p95: latency(measured?.p95),
    p99: latency(measured?.p99),
    served: portionsOf(circuit.served),
    trail: trailText(trail),
    stretches: stretchesOf(trail),
  };
}

/**
 * What is particular about the state: how long it has lasted, when it ends, or who is behind it.
 *
 * @param {CircuitSummary} circuit @param {number} now
 */
export function noteOf({ override, probesAt, stateSince, status, state, inFlight }, now) {
  if (override) return `for ${span(now - override.at)}${override.why ? `: ${override.why}` : ''}`;
  if (state === 'half_open' && inFlight > 0) return `probing for ${span(now - stateSince)}`;
  if (state === 'half_open') return `for ${span(now - stateSince)}, probes at the next call`;
  if (state === 'open' && probesAt !== undefined)
    return `for ${span(now - stateSince)}, probes ${probesAt > now ? `in ${left(probesAt - now)}` : 'at the next call'}`;
  return status === 'degraded' ? 'failures near the limit' : `for ${span(now - stateSince)}`;
}

/** @param {CircuitSummary} circuit */
function tagsOf({ mode, transitions: { wouldTrip }, reasons: { drill } }) {
  const shadow = wouldTrip > 0 ? `Shadow: would have tripped ${amount(wouldTrip)}×` : 'Shadow';
  return [mode === 'shadow' && shadow, drill && `Drill: ${amount(drill)} in 5 min`].filter(Boolean).join(' · ');
}

/** What users are served, the best first. @param {Record<string, number>} served @returns {Portion[]} */
export function portionsOf(served) {
  const counts = Object.entries(served).filter(([, n]) => n > 0);
  const total = counts.reduce((sum, [, n]) => sum + n, 0);
  let before = 0;
  return counts
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([level, n]) => {
      const x = length(before / total);
      before += n;
      const isKnown = Object.hasOwn(levels, level);
      const text = `${isKnown ? levels[level] : level} ${percent(n / total)}`;
      return { key: isKnown ? level : 'other', x, width: length(n / total), text, count: n };
    });
}

const ranks = Object.keys(levels);
/** A level of the user's own stands before `unavailable`. @param {string} level */
const rank = (level) => (ranks.includes(level) ? ranks.indexOf(level) : ranks.length - 1.5);

/** @param {number} share */
const length = (share) => `${Number((100 * share).toFixed(2))}%`;

/** @type {Record<string, string>} */
const trailKeys = { c: 'closed', h: 'half_open', o: 'open' };

/** Equal minutes in a row are one piece. @param {string} trail @returns {Piece[]} */
function stretchesOf(trail) {
  return [...trail.matchAll(/(.)\1*/g)].flatMap(({ 0: run, index }) => {
    const key = trailKeys[run.charAt(0)];
    return key === undefined
      ? []
      : [{ key, x: length((60 - trail.length + index) / 60), width: length(run.length / 60) }];
  });
}

/** @param {string} trail */
function trailText(trail) {
  const known = trail.replaceAll('-', '').length;
  if (known === 0) return 'Nothing is known yet';
  const open = trail.split('o').length - 1;
  return open === 0 ? `Never open in ${known} min` : `Open in ${open} of ${known} min`;
}
