export const byId = (id) => document.getElementById(id);

/** Makes an element: `h('p', { class: 'note' }, 'text', child)`. Text is text, never markup. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== ''));
  return element;
}

/** A radio button with its label, as one row of a group. */
export function radio(group, value, label, detail, checked) {
  const input = h('input', { type: 'radio', name: group, value, checked });
  return h('label', { class: 'choice' }, input, h('span', {}, h('b', {}, label), detail ? h('small', {}, detail) : ''));
}
