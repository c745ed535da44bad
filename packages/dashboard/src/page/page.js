import { announceMoves } from './announce.js';
import { Details } from './details.js';
import { byId } from './dom.js';
import { linkView } from './link-view.js';
import { List } from './list.js';
import { follow } from './live.js';
import { headline, overviewOf } from './overview.js';
import { drawOverview } from './overview-view.js';
import { namedCircuit } from './router.js';
import { shownState } from './row.js';
import { Store } from './store.js';
import { useThemeSwitch } from './theme-switch.js';
import { useTools } from './tools.js';
import { states } from './words.js';

/** @typedef {import('./store.js').Changes} Changes */

const store = new Store(Number(document.body.dataset['at']));
const list = new List(store);
const link = linkView();
const details = new Details(store, (circuit) => take(store.change({ at: store.now(), circuits: [circuit], gone: [] })));

/** Where the table was when a circuit was opened. */
let scrolled = 0;

/** @param {Changes} changes */
function take({ names, moved }) {
  list.update(names, moved.length > 0);
  drawOverview(store.all());
  announceMoves(moved);
  details.update(new Set(names));
  drawTitle();
}

/** What the tab says: it is looked at more often than the page. */
function drawTitle() {
  const circuit = store.get(details.name ?? '');
  document.title = circuit ? `${states[shownState(circuit)]}: ${circuit.name}` : headline(overviewOf(store.all()));
}

useTools(list);
useThemeSwitch(() => details.redraw());
addEventListener('hashchange', route);
// the hash says which circuit is shown, and skipping must not change that
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  byId(details.name === undefined ? 'circuits' : 'name').focus();
});
setInterval(() => {
  list.tick();
  link.tick();
  details.tick();
}, 1_000);
route();

void follow('events', {
  live: link.live,
  lost: link.lost,
  event(name, data) {
    if (name === 'circuit_event') return details.event(data);
    if (name === 'snapshot') {
      details.allow(data.canChange);
      take(store.replace(data));
      details.all();
    } else if (name === 'change') take(store.change(data));
  },
});

/** Shows what the address names. */
function route() {
  const name = namedCircuit();
  const wasOpen = details.name;
  if (name !== undefined && wasOpen === undefined) scrolled = scrollY;
  byId('list').hidden = name !== undefined;
  details.open(name);
  if (store.size > 0) drawTitle();
  if (name !== undefined) return scrollTo(0, 0);
  scrollTo(0, scrolled);
  if (wasOpen !== undefined) list.focus(wasOpen);
}
