import { h } from './dom.js';

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} consequence what will happen to users
 * @property {string} confirm the words on the button
 * @property {Node} [fields] what is asked besides the reason
 * @property {(reason: string) => Promise<void>} act its rejection is shown, and the dialog stays
 */

/** Asks for a reason, and whether to go on. The browser keeps the focus inside, and Escape leaves. @param {Question} question */
export function ask({ title, consequence, confirm, fields, act }) {
  const reason = h('textarea', {
    name: 'reason',
    rows: '2',
    maxlength: '500',
    required: true,
    autofocus: fields === undefined,
  });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const go = h('button', { class: 'primary' }, confirm);
  const cancel = h('button', { type: 'button' }, 'Cancel');
  const form = h(
    'form',
    { method: 'dialog' },
    h('h2', { id: 'ask-title' }, title),
    h('p', { id: 'ask-what' }, consequence),
    ...(fields ? [fields] : []),
    h('label', { class: 'field' }, 'Reason, kept with the event', reason),
    problem,
    h('div', { class: 'buttons' }, cancel, go),
  );
  const dialog = h('dialog', { 'aria-labelledby': 'ask-title', 'aria-describedby': 'ask-what' }, form);
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = reason.value.trim();
    if (text === '') {
      problem.textContent = 'A reason is needed: whoever comes after you will ask.';
      reason.focus();
      return;
    }
    go.disabled = true;
    problem.textContent = '';
    try {
      await act(text);
      dialog.close();
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      go.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}
