import { act, patch } from './api.js';
import { actions, consequenceOf, isUseful } from './consequences.js';
import { ask } from './dialog.js';
import { h } from './dom.js';
import { optionFields } from './option-fields.js';

/** @typedef {import('../contract.js').CircuitSummary} CircuitSummary */
/** @typedef {import('../contract.js').CircuitDetails} CircuitDetails */
/** @typedef {import('./consequences.js').Action} Action */

/** The buttons that change a circuit. */
export class Controls {
  element = h('div', { class: 'controls', role: 'group', 'aria-label': 'Change this circuit' });
  /** @type {Map<Action, HTMLButtonElement>} */
  #buttons = new Map();
  /** @type {CircuitDetails | undefined} */
  #circuit;

  /** @param {(circuit: CircuitSummary) => void} changed */
  constructor(changed) {
    for (const [action, label] of /** @type {[Action, string][]} */ (Object.entries(actions))) {
      const button = h('button', { type: 'button', 'data-action': action }, `${label}…`);
      button.addEventListener('click', () => this.#circuit && askToAct(action, this.#circuit, changed));
      this.#buttons.set(action, button);
    }
    const options = h('button', { type: 'button', 'data-action': 'options' }, 'Change options…');
    options.addEventListener('click', () => this.#circuit && askForOptions(this.#circuit, changed));
    this.element.append(...this.#buttons.values(), options);
  }

  /** @param {CircuitDetails} circuit */
  update(circuit) {
    this.#circuit = circuit;
    for (const [action, button] of this.#buttons) button.hidden = !isUseful(action, circuit);
  }
}

/** @param {Action} action @param {CircuitSummary} circuit @param {(circuit: CircuitSummary) => void} changed */
const askToAct = (action, circuit, changed) =>
  ask({
    title: `${actions[action]}: ${circuit.name}`,
    consequence: consequenceOf(action, circuit),
    confirm: actions[action],
    act: async (reason) => changed(await act(circuit, action, reason)),
  });

/** @param {CircuitDetails} circuit @param {(circuit: CircuitSummary) => void} changed */
function askForOptions(circuit, changed) {
  const fields = optionFields(circuit.options, circuit.patchable);
  ask({
    title: `Change options: ${circuit.name}`,
    consequence: 'They hold from the next call on, until the process restarts. Its state and its counts stay.',
    confirm: 'Change',
    fields: fields.element,
    act: async (reason) => {
      const changes = fields.changes();
      if (Object.keys(changes).length === 0) throw new Error('Nothing is changed yet.');
      changed(await patch(circuit, changes, reason));
    },
  });
}
