import { byId, h } from './dom.js';
import { hosts, levels, reasons } from './words.js';

/** Puts a question at the top of the list, waiting; `settle` shows its answer. */
export function openAnswer(question, host) {
  const item = byId('answer-template').content.cloneNode(true).firstElementChild;
  item.querySelector('.asked').textContent = question;
  item.querySelector('details').hidden = true;
  item.querySelector('.tags').append(h('span', { class: 'waiting' }, `${hosts[host]} is asking the model…`));
  byId('empty').hidden = true;
  byId('answers').prepend(item);
  // What is older than this nobody scrolls to.
  while (byId('answers').children.length > 40) byId('answers').lastElementChild.remove();
  return {
    settle: (answer) => {
      settle(item, answer);
      item.scrollIntoView({ block: 'nearest' });
    },
  };
}

function settle(item, { host, level, reason, circuit, age, retryAfter, status, ms, body, raw }) {
  item.dataset.level = level;
  const tags = [h('span', { class: 'badge', 'data-level': level }, meter(), levels[level] ?? level)];
  if (reason) tags.push(h('span', { class: 'why' }, `because ${reasons[reason] ?? reason}`));
  item.querySelector('.tags').replaceChildren(...tags);
  item.querySelector('.words').replaceChildren(...words(level, body));
  const facts = {
    status,
    time: `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`,
    level: level === 'fresh' ? undefined : level,
    reason,
    age: age === undefined ? undefined : `${age} s`,
    'retry after': retryAfter === undefined ? undefined : `${retryAfter} s`,
    circuit,
    host: hosts[host],
  };
  item.querySelector('.facts').replaceChildren(
    ...Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, String(value)))),
  );
  item.querySelector('.raw').textContent = raw;
  item.querySelector('details').hidden = raw === undefined;
}

/** Four bars, lit from the left: how bright the answer is. The words beside it say the same. */
function meter() {
  return h('span', { class: 'meter', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'), h('i'));
}

function words(level, body) {
  if (level === 'excerpts') {
    const [said] = String(body.answer ?? '').split('\n');
    return [
      h('p', {}, said),
      ...(body.excerpts ?? []).map(({ text, source }) =>
        h('blockquote', {}, h('p', {}, text), h('cite', {}, source ?? '')),
      ),
    ];
  }
  const said = h('p', {}, body.answer ?? body.detail ?? body.error ?? 'No words came with this answer.');
  const sources = body.sources?.length > 0 ? [h('p', { class: 'sources' }, 'From ', ...listOf(body.sources))] : [];
  return [said, ...sources];
}

const listOf = (sources) =>
  sources.flatMap((source, i) => (i === 0 ? [h('cite', {}, source)] : [', ', h('cite', {}, source)]));
