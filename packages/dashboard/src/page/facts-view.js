import { drawBar, drawKeys, drawMeter } from './bars.js';
import { h, setText, svg } from './dom.js';
import { amount, percent } from './format.js';
import { rowOf } from './row.js';
import { reasons as reasonWords } from './words.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */

/** The numbers of a circuit. */
export class FactsView {
  #values = new Map(
    [
      'rate',
      'calls',
      'inFlight',
      'p50',
      'p95',
      'p99',
      'success',
      'failure',
      'refused',
      'ignored',
      'slow',
      'tripped',
    ].map((key) => [key, h('b')]),
  );
  #limit = h('small');
  #meter = svg('svg', { class: 'bar meter', 'aria-hidden': 'true' }, svg('rect'), svg('line', { y2: '100%' }));
  #levels = svg('svg', { class: 'bar levels', 'aria-hidden': 'true' });
  #keys = h('p', { class: 'keys' });
  #why = h('p', { class: 'why' });

  element = h(
    'section',
    { class: 'facts', 'aria-label': 'Now' },
    tile('Failure rate', h('p', { class: 'figure' }, this.#value('rate'), this.#limit), this.#meter),
    tile('Calls', this.#figures({ calls: 'a minute', inFlight: 'in flight' })),
    tile('Latency', this.#figures({ p50: 'p50', p95: 'p95', p99: 'p99' })),
    tile('Users are served, last 5 minutes', this.#levels, this.#keys, this.#why),
    tile(
      'Since the start',
      this.#figures({
        success: 'success',
        failure: 'failure',
        refused: 'refused',
        ignored: 'ignored',
        slow: 'slow',
        tripped: 'tripped',
      }),
    ),
  );

  /** @param {CircuitSummary} circuit @param {number} now */
  update(circuit, now) {
    const row = rowOf(circuit, now);
    const { success, failure, refused, ignored, slow } = circuit.calls;
    const counts = {
      success,
      failure,
      refused,
      ignored,
      slow,
      tripped: circuit.transitions.tripped + circuit.transitions.reopened,
      inFlight: circuit.inFlight,
    };
    for (const [key, n] of Object.entries(counts)) setText(this.#value(key), amount(n));
    for (const key of /** @type {const} */ (['rate', 'calls', 'p50', 'p95', 'p99']))
      setText(this.#value(key), row[key]);
    setText(this.#limit, limitText(circuit));
    drawMeter(this.#meter, row.meter);
    drawBar(this.#levels, row.served);
    drawKeys(this.#keys, row.served);
    setText(this.#why, whyText(circuit));
  }

  /** @param {string} key */
  #value(key) {
    return /** @type {HTMLElement} */ (this.#values.get(key));
  }

  /** @param {Record<string, string>} labels */
  #figures(labels) {
    return h(
      'dl',
      { class: 'figures' },
      ...Object.entries(labels).map(([key, label]) => h('div', {}, h('dt', {}, label), h('dd', {}, this.#value(key)))),
    );
  }
}

/** @param {string} title @param {...Node} content */
const tile = (title, ...content) => h('div', { class: 'panel tile' }, h('h2', {}, title), ...content);

/** @param {CircuitSummary} circuit */
function limitText({ state, failureRate, failureRateThreshold }) {
  if (state !== 'closed') return 'judged while it is closed';
  if (failureRate === undefined) return 'too few calls to judge';
  return failureRateThreshold === undefined ? '' : `opens at ${percent(failureRateThreshold)}`;
}

/** @param {CircuitSummary} circuit */
function whyText({ served, reasons }) {
  const named = Object.entries(reasons)
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a);
  if (named.length > 0)
    return `Fallbacks because of: ${named.map(([reason, n]) => `${reasonWords[reason] ?? reason} ${amount(n)}`).join(', ')}`;
  return Object.values(served).some((n) => n > 0) ? 'No fallback was needed.' : 'Nobody has asked in this time.';
}
