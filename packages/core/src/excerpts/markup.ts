/**
 * Takes the place of markup within a line. A soft hyphen is shown as nothing, and the rules of Unicode keep it with the character before
 * it (UAX #29, WB4 and SB5): nothing begins or ends within a run of them.
 */
const HIDDEN = '\u00ad';
/** More than that is no markup within a line, whatever it is: it parts what stands around it. */
const MOST_INLINE = 200;

const tag = /<\/?([a-z][a-z0-9-]*)(?:\s[^<>]*)?\/?>/iy;
/** What is between these is not shown at all. */
const ends: Readonly<Record<string, RegExp>> = {
  '!--': /-->/g,
  script: /<\/script\s*>/gi,
  style: /<\/style\s*>/gi,
  template: /<\/template\s*>/gi,
};
const hasElement =
  /<\/?(?:p|div|br|hr|li|[uod]l|h[1-6]|a|span|table|t[rdh]|strong|em|b|i|code|pre|html|body|article|section)\b[^<>]*>/i;
const withinLine: ReadonlySet<string> = new Set(
  'a abbr b bdi bdo cite code data dfn em font i img kbd mark q s samp small span strong sub sup time u var wbr'.split(
    ' ',
  ),
);
const entity = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,30});/gi;

/** In this order: what is code is looked at before what is in it. */
const markdown: readonly RegExp[] = [
  // a fence, and the definition of a link
  /^ {0,3}(?:`{3,}|~{3,}).*$/gm,
  /^ {0,3}\[[^\]\n]+\]:[ \t]*\S+.*$/gm,
  // a heading, a quotation, an item, a rule, a table's line
  /^ {0,3}(?:#{1,6}(?=[ \t])|>[ >]*|[-*+](?=[ \t])|(?:[-*_][ \t]*){3,}$)/gm,
  /^[ \t]{0,9}(?:\|[ \t]{0,9})?:?-{3,}.*$/gm,
  // a link's or an image's brackets and destination
  /!?\[(?=[^[\]\n]{0,300}\]\()|\]\([^()\s]{0,500}(?:\([^()\s]{0,100}\)[^()\s]{0,100}){0,3}(?:[ \t]{1,9}"[^"\n]{0,200}")?\)/g,
  // emphasis and code
  /\*{1,3}|(?<![\p{L}\p{N}])_{1,3}|_{1,3}(?![\p{L}\p{N}])|`+|~~/gu,
];
const hasMarkdown = /\]\(|^ {0,3}(?:#{1,6}[ \t]|`{3}|~{3}|[-*+][ \t]+\S)|\*\*\S|^\|.*\|/m;

/**
 * The text with its markup, HTML's or Markdown's, blotted out, as long as it was: what is within a line becomes nothing to be seen, what
 * parts paragraphs white space. A text without markup is returned as it is.
 */
export function withoutMarkup(text: string): string {
  let shown = text;
  if (text.includes('<') && hasElement.test(text)) {
    shown = withoutElements(text).replace(entity, (all) => (isSpace.test(all) ? blank(all) : blot(all)));
  }
  if (hasMarkdown.test(shown)) {
    for (const pattern of markdown) shown = shown.replace(pattern, pattern.multiline ? blank : blot);
  }
  return shown;
}

function withoutElements(text: string): string {
  const closing = new Map(Object.entries(ends));
  let shown = '';
  let from = 0;
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', Math.max(from, at + 1))) {
    tag.lastIndex = at;
    const name = text.startsWith('<!--', at) ? '!--' : tag.exec(text)?.[1]?.toLowerCase();
    if (name === undefined) continue;
    const end = text[at + 1] === '/' ? undefined : endOf(name, text, at, closing);
    if (end === undefined && name === '!--') continue;
    const markup = text.slice(at, end ?? tag.lastIndex);
    shown += text.slice(from, at) + (withinLine.has(name) ? blot(markup) : `${blank(markup.slice(1))}\n`);
    from = at + markup.length;
  }
  return shown + text.slice(from);
}

/** Where an element ends of which nothing is shown; what is not closed from here on is not asked for again. */
function endOf(name: string, text: string, at: number, closing: Map<string, RegExp>): number | undefined {
  const close = closing.get(name);
  if (close === undefined) return undefined;
  close.lastIndex = at;
  if (close.test(text)) return close.lastIndex;
  closing.delete(name);
  return undefined;
}

const isSpace = /^&(?:nbsp|#160|#xa0);$/i;
const blank = (markup: string) => markup.replace(/[^\n]/g, ' ');
const blot = (markup: string) => (markup.length > MOST_INLINE ? ' ' : HIDDEN).repeat(markup.length);
