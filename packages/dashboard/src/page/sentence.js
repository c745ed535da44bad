import { amount, count, inOrder, left, percent, span } from './format.js';
import { shownState } from './row.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {Record<string, unknown>} Options */

/** What is going on with a circuit, in plain sentences. @param {CircuitSummary} circuit @param {Options} options @param {number} now */
export function sentencesOf(circuit, options, now) {
  const { mode, transitions, reasons } = circuit;
  const sentences = [stateSentence(circuit, options, now)];
  if (mode === 'shadow')
    sentences.push(
      `It is in shadow mode: it measures and changes nothing. It would have tripped ${count(transitions.wouldTrip, 'time')}.`,
    );
  if (reasons['drill'])
    sentences.push(`A drill has sent ${count(reasons['drill'], 'request')} of the last five minutes to the fallbacks.`);
  return sentences.join(' ');
}

/** @param {CircuitSummary} circuit @param {Options} options @param {number} now */
function stateSentence(circuit, options, now) {
  const { override, stateSince, probesAt, inFlight } = circuit;
  const byHand = override
    ? `by hand ${span(now - override.at)} ago${override.why ? `: “${inOrder(override.why)}”.` : '.'}`
    : 'in its options.';
  const since = span(now - stateSince);
  switch (shownState(circuit)) {
    case 'forced_open':
      return `Forced open ${byHand} Every call is refused and users get the fallbacks, until somebody clears it.`;
    case 'disabled':
      return `Switched off ${byHand} Calls go through unprotected, and no failure trips it.`;
    case 'half_open':
      return `${inFlight > 0 ? `Probing for ${since}` : `Half-open for ${since}, and due for a probe`}: ${probes(options)} The other calls are refused.`;
    case 'open':
      return `Open for ${since}: calls are refused and users get the fallbacks. ${
        probesAt === undefined || probesAt <= now
          ? 'The next call is a probe.'
          : `The next probe goes through in ${left(probesAt - now)}.`
      }`;
    default:
      return `Closed for ${since}: calls go through. ${limits(options)}`;
  }
}

/** @param {Options} options */
function probes({ halfOpenMaxCalls: most, successThreshold: wanted }) {
  const some = typeof most === 'number' ? `${count(most, 'call')} at a time` : 'some calls';
  return `${some} may go through${typeof wanted === 'number' ? `, and ${count(wanted, 'success').replace(/successs$/, 'successes')} in a row close it` : ''}.`;
}

/** When it would open. @param {Options} options */
function limits({ failureThreshold, failureRateThreshold, minimumCalls, windowMs }) {
  const rules = [];
  if (typeof failureThreshold === 'number') rules.push(`${count(failureThreshold, 'failure')} in a row`);
  if (typeof failureRateThreshold === 'number' && typeof minimumCalls === 'number' && typeof windowMs === 'number')
    rules.push(`${percent(failureRateThreshold)} failed of ${amount(minimumCalls)} calls or more in ${span(windowMs)}`);
  return rules.length === 0 ? '' : `It opens at ${rules.join(', or at ')}.`;
}
