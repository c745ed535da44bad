import { byId } from './dom.js';
import { count } from './format.js';
import { shownState } from './row.js';
import { states } from './words.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */

/** An outage of many circuits is one piece of news, and not one for each. */
const quietMs = 4_000;

/** @type {Map<string, CircuitSummary>} */
const news = new Map();
let timer = 0;

/** Has it said to who cannot see it, once they have heard what is being said. @param {string} text */
export function announce(text) {
  byId('announce').textContent = text;
}

/** Tells of circuits in other states, gathered for a while. @param {readonly CircuitSummary[]} moved */
export function announceMoves(moved) {
  for (const circuit of moved) news.set(circuit.name, circuit);
  if (news.size > 0 && timer === 0) timer = window.setTimeout(tell, quietMs);
}

function tell() {
  timer = 0;
  announce(newsText([...news.values()]));
  news.clear();
}

/** @param {readonly CircuitSummary[]} circuits */
export function newsText(circuits) {
  /** @type {Map<string, string[]>} */
  const byState = new Map();
  for (const circuit of circuits) {
    const state = (states[shownState(circuit)] ?? circuit.state).toLowerCase();
    byState.set(state, [...(byState.get(state) ?? []), circuit.name]);
  }
  return [...byState]
    .map(([state, names]) =>
      names.length > 3 ? `${count(names.length, 'circuit')} now ${state}.` : `${names.join(', ')}: ${state}.`,
    )
    .join(' ');
}
