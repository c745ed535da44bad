import { h } from './dom.js';
import { nextSteps } from './words.js';

/** What an answer says, as elements: its words, what they are from, and what to do next. */
export function answerWords({ level, reason, body }) {
  return [...saidIn(level, body), ...nextStep(level, reason)];
}

function saidIn(level, body) {
  if (level === 'excerpts') {
    const [sentence] = String(body.answer ?? '').split('\n');
    return [
      h('p', {}, sentence),
      ...(body.excerpts ?? []).map(({ text, source }) =>
        h('blockquote', {}, h('p', {}, text), h('cite', {}, source ?? '')),
      ),
    ];
  }
  const words = body.answer ?? body.detail ?? body.error;
  if (words === undefined && nextSteps[level]) return [];
  const said = h(
    'p',
    { class: level === 'cut' ? 'broken-off' : undefined },
    words ?? 'No words came with this answer.',
  );
  const sources = body.sources?.length > 0 ? [h('p', { class: 'sources' }, 'From ', ...listOf(body.sources))] : [];
  return [said, ...sources];
}

function nextStep(level, reason) {
  const step = nextSteps[level];
  if (step === undefined) return [];
  const [why, again] = step(reason);
  return [
    h(
      'div',
      { class: 'next-step', 'data-level': level },
      why && h('p', {}, why),
      again && h('button', { type: 'button', class: 'small again' }, again),
    ),
  ];
}

const listOf = (sources) =>
  sources.flatMap((source, i) => (i === 0 ? [h('cite', {}, source)] : [', ', h('cite', {}, source)]));
