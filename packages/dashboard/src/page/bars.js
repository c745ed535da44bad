import { h, setAttribute, setText, svg } from './dom.js';

/** @typedef {import('./row.js').Piece} Piece */
/** @typedef {import('./row.js').Portion} Portion */
/** @typedef {import('./row.js').Row} Row */

/**
 * Brings the children of an element to as many as there are items, and each to what its item says.
 *
 * @template T
 * @param {Element} parent @param {readonly T[]} items @param {() => Element} make @param {(child: Element, item: T) => void} patch
 */
function patchChildren(parent, items, make, patch) {
  while (parent.childElementCount > items.length) parent.lastElementChild?.remove();
  while (parent.childElementCount < items.length) parent.append(make());
  for (const [at, item] of items.entries()) patch(/** @type {Element} */ (parent.children[at]), item);
}

/** Draws the pieces of a bar. @param {Element} bar @param {readonly Piece[]} pieces */
export const drawBar = (bar, pieces) =>
  patchChildren(
    bar,
    pieces,
    () => svg('rect'),
    (rect, { key, x, width }) => {
      setAttribute(rect, 'data-key', key);
      setAttribute(rect, 'x', x);
      setAttribute(rect, 'width', width);
    },
  );

/** The legend of a bar, each with its share. @param {Element} keys @param {readonly Portion[]} portions */
export const drawKeys = (keys, portions) =>
  patchChildren(
    keys,
    portions,
    () => h('span'),
    (key, portion) => {
      setAttribute(key, 'data-key', portion.key);
      setText(key, portion.text);
    },
  );

/** A rate against its limit. @param {Element} meter @param {Row['meter']} row */
export function drawMeter(meter, { rate, limit }) {
  const [rect, line] = /** @type {[Element, Element]} */ ([...meter.children]);
  setAttribute(rect, 'width', rate);
  setAttribute(line, 'x1', limit);
  setAttribute(line, 'x2', limit);
}
