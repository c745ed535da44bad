import { h } from './dom.js';

/** Fields for options that may be changed: numbers, words, `true`, `false`. @param {Record<string, unknown>} options @param {readonly string[]} names */
export function optionFields(options, names) {
  const inputs = names.map((name, i) => {
    const text = written(options[name]);
    const attributes = { name, value: text, placeholder: 'not set', autocomplete: 'off', spellcheck: 'false' };
    return { name, text, input: h('input', { ...attributes, autofocus: i === 0 }) };
  });
  const element = h(
    'div',
    { class: 'option-fields' },
    ...inputs.map(({ name, input }) => h('label', { class: 'field' }, h('code', {}, name), input)),
  );
  return {
    element,
    /** Those that are not as they were. @returns {Record<string, unknown>} */
    changes: () =>
      Object.fromEntries(
        inputs.flatMap(({ name, text, input }) =>
          input.value.trim() === text ? [] : [[name, parsed(input.value.trim())]],
        ),
      ),
  };
}

/** @param {unknown} value */
const written = (value) =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** What is written as JSON is that, all else is a word. @param {string} text @returns {unknown} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
