import type { Page } from './page-seam.ts';

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character]!);

export const page: Page = {
  render: ({ summaries }) =>
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Circuits</title><table>${summaries
      .map(({ name, state }) => `<tr><th>${escaped(name)}</th><td>${state}</td></tr>`)
      .join('')}</table></html>`,
  file: () => undefined,
};
