import { detailsOf } from './api.js';
import { Charts } from './charts.js';
import { Controls } from './controls.js';
import { byId, h, icon, setText } from './dom.js';
import { EventsView } from './events-view.js';
import { FactsView } from './facts-view.js';
import { optionsView } from './options-view.js';
import { iconOf, shownState } from './row.js';
import { sentencesOf } from './sentence.js';
import { states } from './words.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {import('../contract.js').CircuitEvent} CircuitEvent */
/** @typedef {import('../contract.js').CircuitDetails} CircuitDetails */
/** @typedef {import('./store.js').Store} Store */

/** How often the history is asked for: soon when something has changed, and else for the time that has passed. */
const soonMs = 5_000;
const laterMs = 30_000;

/** All about one circuit. */
export class Details {
  /** @type {string | undefined} */
  name;
  #store;
  #changed;
  #canChange = document.body.dataset['canChange'] === 'true';
  #place = byId('details');
  /** @type {ReturnType<typeof parts> | undefined} */
  #parts;
  /** @type {CircuitDetails | undefined} */
  #circuit;
  #askedAt = 0;
  #isOld = false;

  /** @param {Store} store @param {(circuit: CircuitSummary) => void} changed */
  constructor(store, changed) {
    this.#store = store;
    this.#changed = changed;
  }

  /** Shows a circuit, or none. @param {string | undefined} name */
  open(name) {
    this.#parts?.charts.destroy();
    this.name = name;
    this.#parts = undefined;
    this.#circuit = undefined;
    this.#place.hidden = name === undefined;
    this.#place.replaceChildren();
    if (name === undefined) return;
    this.#parts = parts(name, this.#changed);
    this.#place.append(...this.#parts.elements);
    this.allow(this.#canChange);
    this.#parts.title.focus();
    void this.#ask();
  }

  /** All circuits are known now: one that is not among them does not exist. */
  all() {
    if (this.#circuit === undefined) void this.#ask();
  }

  /** @param {boolean} canChange */
  allow(canChange) {
    this.#canChange = canChange;
    if (!this.#parts) return;
    this.#parts.controls.element.hidden = !canChange;
    this.#parts.readOnly.hidden = canChange;
  }

  /** @param {ReadonlySet<string>} names */
  update(names) {
    if (this.name === undefined || !names.has(this.name)) return;
    this.#isOld = true;
    const summary = this.#store.get(this.name);
    if (this.#circuit && summary) {
      const { options, patchable, events, history } = this.#circuit;
      this.#circuit = { ...summary, options, patchable, events, history };
    }
    this.#draw();
  }

  /** @param {CircuitEvent} event */
  event(event) {
    if (event.circuit === this.name) this.#parts?.events.add(event);
  }

  tick() {
    if (this.name === undefined) return;
    const sinceMs = performance.now() - this.#askedAt;
    if (document.visibilityState === 'visible' && sinceMs > (this.#isOld ? soonMs : laterMs)) void this.#ask();
    this.#draw();
  }

  /** In the colours of another theme. */
  redraw() {
    void this.#parts?.charts.redraw();
  }

  async #ask() {
    const { name } = this;
    const known = this.#store.get(name ?? '');
    if (name === undefined || this.#store.size === 0) return;
    this.#askedAt = performance.now();
    this.#isOld = false;
    try {
      const circuit = known && (await detailsOf(known));
      if (this.name !== name || !this.#parts) return;
      if (circuit === undefined)
        return setText(this.#parts.sentence, 'There is no circuit of this name, or no longer.');
      this.#circuit = circuit;
      this.#parts.events.replace(circuit.events);
      this.#parts.options.replaceChildren(optionsView(circuit.options));
      this.#draw();
      await this.#parts.charts.draw(circuit.history);
    } catch (error) {
      if (this.name === name && this.#parts && !this.#circuit)
        setText(this.#parts.sentence, error instanceof Error ? error.message : String(error));
    }
  }

  #draw() {
    const circuit = this.#circuit;
    if (!circuit || !this.#parts) return;
    const { badge, sentence, facts, controls } = this.#parts;
    const now = this.#store.now();
    const state = shownState(circuit);
    const shown = this.#place.dataset;
    if (shown['status'] !== circuit.status || shown['state'] !== state || badge.childElementCount === 0) {
      shown['status'] = circuit.status;
      shown['state'] = state;
      badge.replaceChildren(icon(iconOf(circuit)), h('b', {}, states[state] ?? state));
    }
    setText(sentence, sentencesOf(circuit, circuit.options, now));
    facts.update(circuit, now);
    controls.update(circuit);
  }
}

/** @param {string} name @param {(circuit: CircuitSummary) => void} changed */
function parts(name, changed) {
  const title = h('h1', { id: 'name', tabindex: '-1' }, name);
  const badge = h('span', { class: 'badge' });
  const sentence = h('p', { class: 'sentence' }, 'Loading…');
  const controls = new Controls(changed);
  const readOnly = h(
    'p',
    { class: 'read-only' },
    'You can look and not change: that needs the option ',
    h('code', {}, 'authorize'),
    ' of the dashboard.',
  );
  const facts = new FactsView();
  const charts = new Charts();
  const events = new EventsView();
  const options = h('div');
  const elements = [
    h('p', { class: 'crumbs' }, h('a', { href: '#' }, 'All circuits')),
    h(
      'header',
      { class: 'details-head' },
      h('div', { class: 'title' }, title, badge),
      sentence,
      controls.element,
      readOnly,
    ),
    facts.element,
    h(
      'div',
      { class: 'columns' },
      h('div', {}, charts.element, panel('options-title', 'Options', options)),
      panel('events-title', 'Events', events.element),
    ),
  ];
  return { title, badge, sentence, controls, readOnly, facts, charts, events, options, elements };
}

/** @param {string} id @param {string} title @param {Node} content */
const panel = (id, title, content) =>
  h('section', { class: 'panel', 'aria-labelledby': id }, h('h2', { id }, title), content);
