import { h } from './dom.js';
import { span } from './format.js';

/** The options as a list of names and values. @param {Record<string, unknown>} options */
export const optionsView = (options) =>
  h(
    'dl',
    { class: 'options' },
    ...Object.entries(options).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, shown(name, value)))),
  );

/** @param {string} name @param {unknown} value */
function shown(name, value) {
  if (value === undefined || value === null) return 'not set';
  if (value === false) return 'off';
  if (value === 0 && name === 'timeoutMs') return 'none';
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value);
  if (!name.endsWith('Ms') || value < 1000) return `${value.toLocaleString('en')}${name.endsWith('Ms') ? ' ms' : ''}`;
  return value % 1000 === 0 ? span(value) : `${value.toLocaleString('en')} ms`;
}
