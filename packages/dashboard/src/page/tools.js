import { byId, h, icon } from './dom.js';
import { statuses } from './words.js';

/** @typedef {import('./list.js').List} List */
/** @typedef {import('./order.js').Order} Order */

const chips = { all: 'All', ...statuses, by_hand: 'By hand, shadow' };

/** Puts the tools over the table to use: chips, the search, the order by menu or by the heads of columns. @param {List} list */
export function useTools(list) {
  const find = /** @type {HTMLInputElement} */ (byId('find'));
  const sort = /** @type {HTMLSelectElement} */ (byId('sort'));
  byId('chips').append(...Object.entries(chips).map(([key, label]) => chip(key, label)));
  byId('chips').addEventListener('change', ({ target }) =>
    list.show({ shown: /** @type {HTMLInputElement} */ (target).value }),
  );
  find.addEventListener('input', () => list.show({ wanted: find.value }));
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    event.preventDefault();
    find.focus();
  });

  const heads = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('th[data-order]:not([data-order=""])')]);
  for (const head of heads) head.replaceChildren(h('button', { type: 'button' }, ...head.childNodes));
  const order = (/** @type {string} */ by) => {
    sort.value = by;
    for (const head of heads) {
      const isBy = head.dataset['order'] === by;
      if (isBy) head.setAttribute('aria-sort', by === 'name' || by === 'problems' ? 'ascending' : 'descending');
      else head.removeAttribute('aria-sort');
    }
    list.show({ order: /** @type {Order} */ (by) });
  };
  for (const head of heads)
    head.firstElementChild?.addEventListener('click', () => order(head.dataset['order'] ?? 'problems'));
  sort.addEventListener('change', () => order(sort.value));
  byId('tools').addEventListener('submit', (event) => event.preventDefault());
  order('problems');

  byId('counts').hidden = true;
  byId('tools').hidden = false;
}

/** @param {string} key @param {string} label */
function chip(key, label) {
  const input = h('input', { type: 'radio', name: 'shown', value: key, checked: key === 'all' });
  const shape = key in statuses ? [icon(key)] : [];
  return h('label', { class: 'chip' }, input, ...shape, h('span', {}, label), h('b', { 'data-count': key }, '0'));
}

/** @param {EventTarget | null} target */
const isWriting = (target) =>
  target instanceof HTMLElement && target.closest('input:not([type=radio]), textarea, select, dialog') !== null;
