import { byId, h } from './dom.js';

const steps = [
  ['fresh', 'Ask a question. The model answers, token by token.'],
  ['cut', 'Choose Stall and ask another: it breaks off after ten words, and says so.'],
  ['l1_cache', 'Ask what was answered before: it streams back from the cache.'],
  ['excerpts', 'Try the other one again: excerpts of the handbook.'],
  ['open', 'Ask until five have failed: the circuit opens.'],
  ['unavailable', 'Ask about chess: an honest 503 that says when to come back.'],
  ['backup', 'Choose “With a backup” and ask: another model answers.'],
  ['queued', 'Choose “Or later” and ask something new: it waits in line.'],
  ['closed', 'Mend the model, wait for the probe, ask twice: the circuit closes.'],
  ['done', 'Look at the question that waited: it has its answer.'],
];
const done = new Set();

export function drawSteps() {
  const next = steps.find(([name]) => !done.has(name))?.[0];
  byId('steps').replaceChildren(
    ...steps.map(([name, text]) =>
      h(
        'li',
        { class: done.has(name) ? 'step done' : 'step', 'aria-current': name === next ? 'step' : undefined },
        text,
        done.has(name) ? h('span', { class: 'unseen' }, ' (done)') : '',
      ),
    ),
  );
  drawNext(steps.findIndex(([name]) => !done.has(name)));
}

function drawNext(index) {
  const text = index < 0 ? 'That was all of it. Break the other host, or try 500, 429 and Refuse.' : steps[index][1];
  byId('next').replaceChildren(h('b', {}, index < 0 ? 'Done' : `Step ${index + 1} of ${steps.length}`), ` ${text}`);
}

/** Ticks a step off, wherever in the order it was done. */
export function tick(name) {
  if (name === 'closed' && !done.has('open')) return;
  if (done.has(name) || !steps.some(([known]) => known === name)) return;
  done.add(name);
  drawSteps();
}
