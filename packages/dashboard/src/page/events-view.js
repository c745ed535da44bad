import { h } from './dom.js';

/** @typedef {import('../contract.js').CircuitEvent} CircuitEvent */

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const mostEvents = 100;

/** The last events of a circuit, the newest first. */
export class EventsView {
  element = h('ol', { class: 'events' });
  /** @type {Set<number>} */
  #ids = new Set();

  /** @param {readonly CircuitEvent[]} events */
  replace(events) {
    this.#ids.clear();
    this.element.replaceChildren();
    for (const event of [...events].reverse()) this.add(event);
    if (events.length === 0) this.element.append(h('li', { class: 'none' }, 'Nothing has happened to it yet.'));
  }

  /** @param {CircuitEvent} event */
  add(event) {
    if (this.#ids.has(event.id)) return;
    this.#ids.add(event.id);
    this.element.querySelector('.none')?.remove();
    this.element.prepend(entry(event));
    if (this.element.childElementCount > mostEvents) this.element.lastElementChild?.remove();
  }
}

/** @param {CircuitEvent} event */
function entry({ at, kind, text, why, by }) {
  const time = new Date(at);
  const isToday = time.toDateString() === new Date().toDateString();
  // each for itself: what turns round the order of reading ends with it
  const said = [...(why ? ['“', h('bdi', {}, why), '” '] : []), ...(by ? ['by ', h('bdi', {}, by)] : [])];
  return h(
    'li',
    { 'data-kind': kind },
    h(
      'time',
      { datetime: time.toISOString() },
      isToday ? clock.format(time) : `${day.format(time)}, ${clock.format(time)}`,
    ),
    h('p', {}, text, ...(said.length > 0 ? [h('small', {}, ...said)] : [])),
  );
}
