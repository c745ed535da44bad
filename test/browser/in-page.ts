import axe from 'axe-core';
import type { Page } from 'playwright-core';

// What runs in the page is written as text: to the programs here there is no document.

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds that stands in somebody's way. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** By how many pixels the page is too wide for its window. */
export const overflow = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** A style of the first element of a selector, as it is in the end. */
export const styleOf = (page: Page, selector: string, property: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${property}')`);

/** The text of what has the focus. */
export const focused = (page: Page) => page.evaluate<string>('document.activeElement.textContent.trim()');

/** Whether what has the focus is like that. */
export const isFocusIn = (page: Page, selector: string) =>
  page.evaluate<boolean>(`document.activeElement.matches('${selector}')`);

/** Notes from now on which circuits' rows are written to. Time passes in every row, and is not noted. */
export const watchRows = (page: Page) =>
  page.evaluate<void>(`{
    window.written = new Set();
    const note = ({ target }) => {
      const element = target.parentElement && target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      if (element.id !== 'rows' && !element.closest('[data-f=note], .trail'))
        window.written.add(element.closest('tr').dataset.circuit);
    };
    new MutationObserver((records) => records.forEach(note)).observe(document.getElementById('rows'), {
      subtree: true, childList: true, attributes: true, characterData: true,
    });
  }`);

export const writtenRows = (page: Page) => page.evaluate<string[]>('[...window.written]');
