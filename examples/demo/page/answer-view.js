import { answerWords } from './answer-words.js';
import { byId, h } from './dom.js';
import { hosts, levels, reasons } from './words.js';

/** Puts a question at the top of the list, waiting; its answer is shown as it comes. `again` is called to ask it once more. */
export function openAnswer(question, host, again) {
  const item = byId('answer-template').content.cloneNode(true).firstElementChild;
  const part = (name) => item.querySelector(`.${name}`);
  part('asked').textContent = question;
  item.querySelector('details').hidden = true;
  part('tags').append(h('span', { class: 'waiting' }, `${hosts[host]} is asking the model…`));
  part('words').addEventListener('click', ({ target }) => target.closest('.again') && again());
  byId('empty').hidden = true;
  byId('answers').prepend(item);
  item.scrollIntoView({ block: 'nearest' });
  // What is older than this nobody scrolls to.
  while (byId('answers').children.length > 40) byId('answers').lastElementChild.remove();

  let streaming;
  return {
    token(text) {
      if (streaming === undefined) {
        streaming = h('p', { class: 'streaming' });
        part('words').replaceChildren(streaming);
        part('reply').setAttribute('aria-busy', 'true');
        part('tags').replaceChildren(h('span', { class: 'waiting' }, `${hosts[host]} is streaming…`));
      }
      streaming.append(text);
    },
    settle(answer) {
      part('reply').removeAttribute('aria-busy');
      settle(item, part, { ...answer, host });
      item.scrollIntoView({ block: 'nearest' });
    },
  };
}

function settle(item, part, answer) {
  const { level, reason, provider, age, raw } = answer;
  item.dataset.level = level;
  const tags = [h('span', { class: 'badge', 'data-level': level }, meter(), levels[level] ?? level)];
  if (age !== undefined) tags.push(h('span', { class: 'why' }, `${age} s old`));
  if (reason) tags.push(h('span', { class: 'why' }, `because ${reasons[reason] ?? reason}`));
  if (provider) tags.push(h('span', { class: 'why' }, 'by ', h('b', {}, provider)));
  part('tags').replaceChildren(...tags);
  part('words').replaceChildren(...answerWords(answer));
  part('facts').replaceChildren(
    ...Object.entries(factsOf(answer))
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, String(value)))),
  );
  part('raw').textContent = raw;
  item.querySelector('details').hidden = raw === undefined;
}

const milliseconds = (ms) => ms && `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

function factsOf({ host, status, tagged, reason, circuit, retryAfter, ms, firstMs }) {
  return {
    status,
    'first token': milliseconds(firstMs),
    time: milliseconds(ms),
    level: tagged,
    reason,
    'retry after': retryAfter === undefined ? undefined : `${retryAfter} s`,
    circuit,
    host: hosts[host],
  };
}

/** Four bars, lit from the left: how bright the answer is. The words beside it say the same. */
function meter() {
  return h('span', { class: 'meter', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'), h('i'));
}
