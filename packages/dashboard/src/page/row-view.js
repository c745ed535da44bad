import { drawBar, drawKeys, drawMeter } from './bars.js';
import { setAttribute, setText } from './dom.js';
import { linkTo } from './router.js';
import { iconOf, noteOf, rowOf, shownState } from './row.js';

/** @typedef {import('../contract.ts').CircuitSummary} CircuitSummary */
/** @typedef {'state' | 'note' | 'tags' | 'rate' | 'limit' | 'calls' | 'p50' | 'p95' | 'p99' | 'trail'} Field */

/** One row of the table: what the server has made, or a copy of the template. */
export class RowView {
  /** @type {Map<string, Element>} */
  #fields = new Map();
  #note;
  #icon;
  #meter;
  #levels;
  #keys;
  #stretches;

  /** @param {HTMLElement} element @param {string} name */
  constructor(element, name) {
    this.element = element;
    /** @param {string} selector */
    const find = (selector) => /** @type {Element} */ (element.querySelector(selector));
    for (const field of element.querySelectorAll('[data-f]'))
      this.#fields.set(field.getAttribute('data-f') ?? '', field);
    this.#note = find('[data-f=note]');
    this.#icon = find('use');
    this.#meter = find('.meter');
    this.#levels = find('.levels');
    this.#keys = find('.keys');
    this.#stretches = find('.stretches');
    const link = find('a');
    link.setAttribute('href', linkTo(name));
    setText(link, name);
    element.dataset['circuit'] = name;
  }

  /** @param {CircuitSummary} circuit @param {number} now */
  patch(circuit, now) {
    const row = rowOf(circuit, now);
    setAttribute(this.element, 'data-status', circuit.status);
    setAttribute(this.element, 'data-state', shownState(circuit));
    setAttribute(this.#icon, 'href', `#i-${iconOf(circuit)}`);
    for (const [name, field] of this.#fields) setText(field, row[/** @type {Field} */ (name)]);
    drawMeter(this.#meter, row.meter);
    drawBar(this.#levels, row.served);
    drawKeys(this.#keys, row.served);
    drawBar(this.#stretches, row.stretches);
  }

  /** What passes by itself. @param {CircuitSummary} circuit @param {number} now */
  tick(circuit, now) {
    setText(this.#note, noteOf(circuit, now));
  }
}
