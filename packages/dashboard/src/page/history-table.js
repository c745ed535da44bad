import { coarse } from './coarse.js';
import { h } from './dom.js';
import { amount, latency } from './format.js';
import { states } from './words.js';

/** @typedef {import('./coarse.js').History} History */

const stepMs = 300_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const heads = ['From', 'State', 'Success', 'Failure', 'Refused', 'By a fallback', 'p95'];

/** What the plots show as numbers, five minutes a row, for who cannot see them. It is made while it is open alone. */
export function historyTable() {
  /** @type {History | undefined} */
  let history;
  const body = h('tbody');
  const element = h(
    'details',
    { class: 'history' },
    h('summary', {}, 'The last hour as a table'),
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'The last hour as a table' },
      h('table', {}, h('thead', {}, h('tr', {}, ...heads.map((head) => h('th', { scope: 'col' }, head)))), body),
    ),
  );
  const draw = () => {
    if (element.open && history) body.replaceChildren(...rows(coarse(history, stepMs)));
  };
  element.addEventListener('toggle', draw);
  return {
    element,
    /** @param {History} next */
    draw(next) {
      history = next;
      draw();
    },
  };
}

/** The newest first. @param {History} history */
const rows = (history) =>
  history.state
    .map((state, i) => {
      const cells = [
        state === null ? 'not known' : (states[state] ?? state),
        ...[history.success, history.failure, history.refused, history.degraded].map((of) => amount(of[i] ?? 0)),
        latency(history.p95[i] ?? undefined),
      ];
      const time = clock.format(history.from + i * history.stepMs);
      return h('tr', {}, h('th', { scope: 'row' }, time), ...cells.map((cell) => h('td', {}, cell)));
    })
    .reverse();
