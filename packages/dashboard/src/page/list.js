import { byId, setText } from './dom.js';
import { sorted } from './order.js';
import { isByHand } from './overview.js';
import { RowView } from './row-view.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./order.js').Order} Order */

/** How long rows are patched in one go: a frame is 16 ms, and others want some of it. */
const sliceMs = 6;
/** How many rows are put in order in one frame: what has been moved is laid out anew. */
const rowsAtOnce = 80;
/** Rates and latencies move all the time, and rows that jump about cannot be read. */
const reorderMs = 10_000;

/** The table of all circuits: takes over what the server has made, and patches what has changed. */
export class List {
  #store;
  #body = byId('rows');
  /** @type {Map<string, RowView>} */
  #rows = new Map();
  /** @type {Set<string>} */
  #due = new Set();
  #drawing = false;
  #orderedAt = 0;
  #misplaced = false;
  /** @type {Generator<void> | undefined} */
  #placing;
  /** @type {Order} */
  #order = 'problems';
  #shown = 'all';
  #wanted = '';

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.#body.querySelectorAll('tr'))) {
      const name = row.dataset['circuit'] ?? '';
      this.#rows.set(name, new RowView(row, name));
    }
    this.#body.addEventListener('pointerleave', () => this.#settleOrder());
    this.#body.addEventListener('focusout', () => this.#settleOrder());
  }

  /** Patches these rows, a slice of a frame at a time. @param {Iterable<string>} names @param {boolean} moved whether one has another status */
  update(names, moved) {
    for (const name of names) this.#due.add(name);
    this.#misplaced ||= moved;
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => this.#drawSlice());
  }

  /** What passes by itself. */
  tick() {
    const now = this.#store.now();
    for (const [name, row] of this.#rows) {
      const circuit = this.#store.get(name);
      if (circuit !== undefined && !row.element.hidden) row.tick(circuit, now);
    }
    if (performance.now() - this.#orderedAt > reorderMs) this.#misplaced = true;
    this.#settleOrder();
  }

  /** @param {{ order?: Order, shown?: string, wanted?: string }} view */
  show({ order = this.#order, shown = this.#shown, wanted = this.#wanted }) {
    this.#order = order;
    this.#shown = shown;
    this.#wanted = wanted.trim().toLowerCase();
    this.#reorder();
  }

  /** Back to the row of a circuit. @param {string} name */
  focus(name) {
    this.#rows.get(name)?.element.querySelector('a')?.focus({ preventScroll: true });
  }

  #drawSlice() {
    const began = performance.now();
    const now = this.#store.now();
    for (const name of this.#due) {
      this.#due.delete(name);
      this.#draw(name, now);
      if (performance.now() - began > sliceMs) break;
    }
    if (this.#due.size > 0) requestAnimationFrame(() => this.#drawSlice());
    else {
      this.#drawing = false;
      this.#settleOrder();
    }
  }

  /** @param {string} name @param {number} now */
  #draw(name, now) {
    const circuit = this.#store.get(name);
    if (circuit === undefined) {
      this.#rows.get(name)?.element.remove();
      this.#rows.delete(name);
      return;
    }
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = new RowView(newRow(), name);
      this.#rows.set(name, row);
      this.#body.append(row.element);
      this.#misplaced = true;
    }
    row.patch(circuit, now);
    row.element.hidden = !this.#isShown(circuit);
  }

  /** Nothing moves under a pointer or away from the keyboard's focus. */
  #settleOrder() {
    if (!this.#misplaced || this.#drawing) return;
    if (!this.#body.matches(':hover, :focus-within')) this.#reorder();
  }

  #reorder() {
    this.#misplaced = false;
    this.#orderedAt = performance.now();
    const circuits = sorted(this.#store.all(), this.#order);
    if (circuits.length > 0)
      setText(byId('empty'), circuits.some((circuit) => this.#isShown(circuit)) ? '' : 'No circuit is like that.');
    this.#placing = this.#placeEach(circuits);
    this.#placeSome(this.#placing);
  }

  /** What is seen first is placed at once, the rest in the frames that follow. @param {Generator<void>} placing */
  #placeSome(placing) {
    if (placing !== this.#placing) return; // there is a newer order
    for (let placed = 0; placed < rowsAtOnce; placed += 1) if (placing.next().done) return;
    requestAnimationFrame(() => this.#placeSome(placing));
  }

  /** @param {readonly CircuitSummary[]} circuits @returns {Generator<void>} */
  *#placeEach(circuits) {
    let place = this.#body.firstElementChild;
    for (const circuit of circuits) {
      const row = this.#rows.get(circuit.name)?.element;
      if (row === undefined) continue;
      row.hidden = !this.#isShown(circuit);
      // one that has left its place is taken out, or all that follow would be moved past it
      if (place !== row && place?.nextElementSibling === row) place.remove();
      else if (place !== row) this.#body.insertBefore(row, place);
      place = row.nextElementSibling;
      yield;
      if (place === null || place.parentNode === this.#body) continue;
      this.#misplaced = true; // it has gone in the meantime: all over again
      return;
    }
  }

  /** @param {CircuitSummary} circuit */
  #isShown(circuit) {
    const { status, name } = circuit;
    const isOfChip =
      this.#shown === 'all' || this.#shown === status || (this.#shown === 'by_hand' && isByHand(circuit));
    return isOfChip && name.toLowerCase().includes(this.#wanted);
  }
}

const newRow = () => {
  const template = /** @type {HTMLTemplateElement} */ (byId('row'));
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  return /** @type {HTMLElement} */ (copy.firstElementChild);
};
