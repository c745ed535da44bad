import { drawBar, drawKeys, drawMeter } from './bars.js';
import { setAttribute, setText } from './dom.js';
import { linkTo } from './router.js';
import { iconOf, noteOf, rowOf, shownState } from './row.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {'state' | 'note' | 'tags' | 'rate' | 'limit' | 'calls' | 'p50' | 'p95' | 'p99' | 'trail'} Field */
/** @typedef {ReturnType<typeof partsOf>} Parts */

/** One row of the table: what the server has made, or a copy of the template. */
export class RowView {
  /** Found when they are first written to: to take over hundreds of rows takes no time. @type {Parts | undefined} */
  #parts;

  /** @param {HTMLElement} element @param {string} name */
  constructor(element, name) {
    this.element = element;
    element.dataset['circuit'] = name;
    const link = /** @type {Element} */ (element.querySelector('a'));
    link.setAttribute('href', linkTo(name));
    setText(link, name);
  }

  /** @param {CircuitSummary} circuit @param {number} now */
  patch(circuit, now) {
    this.#parts ??= partsOf(this.element);
    const { fields, icon, use, meter, levels, keys, stretches } = this.#parts;
    const row = rowOf(circuit, now);
    setAttribute(this.element, 'data-status', circuit.status);
    setAttribute(this.element, 'data-state', shownState(circuit));
    setAttribute(icon, 'data-icon', iconOf(circuit));
    setAttribute(use, 'href', `#i-${iconOf(circuit)}`);
    for (const [name, field] of fields) setText(field, row[/** @type {Field} */ (name)]);
    drawMeter(meter, row.meter);
    drawBar(levels, row.served);
    drawKeys(keys, row.served);
    drawBar(stretches, row.stretches);
  }

  /** What passes by itself. @param {CircuitSummary} circuit @param {number} now */
  tick(circuit, now) {
    const note = this.#parts?.fields.get('note');
    if (note) setText(note, noteOf(circuit, now));
  }
}

/** @param {Element} row */
function partsOf(row) {
  /** @param {string} selector */
  const find = (selector) => /** @type {Element} */ (row.querySelector(selector));
  /** @type {Map<string, Element>} */
  const fields = new Map();
  for (const field of row.querySelectorAll('[data-f]')) fields.set(field.getAttribute('data-f') ?? '', field);
  return {
    fields,
    icon: find('.icon'),
    use: find('use'),
    meter: find('.meter'),
    levels: find('.levels'),
    keys: find('.keys'),
    stretches: find('.stretches'),
  };
}
