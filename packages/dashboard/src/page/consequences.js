import { amount } from './format.js';
import { portionsOf, shownState } from './row.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {keyof typeof actions} Action */

/** What can be done, by its name on the wire. */
export const actions = {
  'force-open': 'Force open',
  'force-close': 'Force close',
  disable: 'Disable',
  clear: 'Clear override',
  reset: 'Reset',
};

/** Whether it would change anything. @param {Action} action @param {CircuitSummary} circuit */
export function isUseful(action, circuit) {
  const state = shownState(circuit);
  if (action === 'clear') return circuit.override !== undefined;
  if (action === 'force-close') return state !== 'closed';
  if (action === 'force-open') return state !== 'forced_open';
  return action === 'reset' || state !== 'disabled';
}

/** What an action will do to users, before it is done. @param {Action} action @param {CircuitSummary} circuit */
export function consequenceOf(action, circuit) {
  const rate =
    circuit.callsPerMinute > 0 ? `about ${amount(circuit.callsPerMinute)} calls a minute` : 'no calls at present';
  switch (action) {
    case 'force-open':
      return `Every call is refused at once and users are served by the fallbacks (${rate}${lately(circuit)}). It stays so until somebody clears it: no probe will close it.`;
    case 'force-close':
      return `Calls go to the dependency again at once (${rate}), whether it is well or not, and an override ends. The rules go on: it opens again if calls fail.`;
    case 'disable':
      return `The circuit steps aside: every call goes to the dependency (${rate}), and no failure opens it. If the dependency is down, users wait for it. It stays so until somebody clears it.`;
    case 'clear':
      return `The override ends, and the circuit goes on from the state beneath it: users are served as that state and its rules decide (${rate}).`;
    case 'reset':
      return `The circuit closes, an override ends, and its window of calls is empty: calls go to the dependency at once (${rate}), and its failures so far count no more.`;
  }
}

/** @param {CircuitSummary} circuit */
function lately({ served }) {
  const { handler: _, ...fallbacks } = served;
  const portions = portionsOf(fallbacks);
  return portions.length === 0 ? '' : `; fallbacks of late: ${portions.map(({ text }) => text).join(', ')}`;
}
