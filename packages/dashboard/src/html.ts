const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is markup already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = Html | string | number | readonly Html[];

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character]!);
const markup = (part: Part) =>
  part instanceof Html ? part.text : Array.isArray(part) ? part.join('') : escaped(String(part));

/** Markup from a template: what is put in is escaped, in text and in quoted attributes alike, unless it is markup itself. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(String.raw({ raw: strings }, ...parts.map(markup)));
