import { byId, h } from './dom.js';

const steps = [
  ['fresh', 'Ask a question. The model answers.'],
  ['broken', 'Break the model: choose 500, Hang or Refuse.'],
  ['failure', 'Ask again. It fails, and yet you get an answer.'],
  ['open', 'Ask until five have failed: the circuit opens.'],
  ['l1_cache', 'Ask what was asked before: the cached answer, at once.'],
  ['excerpts', 'Ask something new: excerpts of the handbook.'],
  ['unavailable', 'Ask about chess: an honest 503 that says when to come back.'],
  ['closed', 'Mend the model, wait for the probe, ask twice: it closes.'],
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
  const text = index < 0 ? 'That was all of it. Break the other host, or try Hang and 429.' : steps[index][1];
  byId('next').replaceChildren(h('b', {}, index < 0 ? 'Done' : `Step ${index + 1} of ${steps.length}`), ` ${text}`);
}

/** Ticks a step off, wherever in the order it was done. */
export function tick(name) {
  if (name === 'closed' && !done.has('open')) return;
  if (done.has(name) || !steps.some(([known]) => known === name)) return;
  done.add(name);
  drawSteps();
}
