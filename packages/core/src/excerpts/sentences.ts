import { isUnspaced, wordSegmenter } from './words.ts';

/** A stretch of a text by UTF-16 offsets, without the white space around it. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** As displayed: a wide character (Han, Kana, Hangul) counts two. Never less than `end - start`. */
  readonly width: number;
}

const sentenceSegmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Titles, initials and other abbreviations before a capital letter or a digit, where a sentence seldom ends. */
const abbreviation =
  /(?:^|[^\p{L}\p{N}])(?:\p{Lu}|(?:\p{L}\.)+\p{L}|[DM]rs?|Ms|Mme|Mlle|Prof|Sra?|Dra|St|Ste|Jr|No|Nr|Núm|Fig|Figs|Vol|vol|pp?|eds?|vs|cf|ca|approx|Gen|Col|Lt|Sgt|Capt|Cpt|Rev|Hon|Gov|Sen|Rep|Mt|Ft)\.\s+$/u;

/**
 * The sentences of a text, none wider than `maxWidth`: a longer one is cut after a clause or between words. A word that is wider
 * by itself is left out. Nothing begins or ends within a word or a grapheme. After `most` of them the rest is not looked at.
 */
export function sentencesOf(text: string, maxWidth: number, most: number): Stretch[] {
  const found: Stretch[] = [];
  let start = 0;
  for (const { index, segment } of sentenceSegmenter.segment(text)) {
    const end = index + segment.length;
    if (end < text.length && abbreviation.test(text.slice(Math.max(start, end - 16), end)) && !segment.endsWith('\n'))
      continue;
    add(found, text, start, end, maxWidth);
    start = end;
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}

function add(found: Stretch[], text: string, from: number, to: number, maxWidth: number): void {
  const whole = trimmed(text, from, to);
  if (whole === undefined) return;
  if (whole.width <= maxWidth) found.push(whole);
  else cut(found, text, whole, maxWidth);
}

function trimmed(text: string, from: number, to: number): Stretch | undefined {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  // A mark after a space makes one grapheme with it.
  if (start > from && text.charCodeAt(start) >= 0x300 && /^\p{M}/u.test(text.slice(start, start + 2))) start--;
  return start < end ? { start, end, width: widthOf(text, start, end) } : undefined;
}

/** Of the white space of UAX #44, what is not ASCII is rare enough to be asked of a pattern. */
const isSpace = (code: number) =>
  code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x80 && /[\s\u0085]/.test(String.fromCharCode(code)));

function widthOf(text: string, start: number, end: number): number {
  let width = end - start;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x1100 && isWide(code)) width++;
  }
  return width;
}

/** East Asian Width W and F (UAX #11) in the basic plane, in whole blocks. Others have two code units, and count two as it is. */
const isWide = (code: number) =>
  code <= 0x115f ||
  (code >= 0x2e80 && code <= 0xa4cf) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0xffe0 && code <= 0xffe6);

const clauseEnd = /[,;:،؛、，；：—–)\]]\s*$/u;

/** Cuts a long stretch into parts as wide as may be, after a clause if one ends in the second half. */
function cut(found: Stretch[], text: string, whole: Stretch, maxWidth: number): void {
  let from = whole.start;
  let clause = from;
  let end = from;
  let width = 0;
  const close = (at: number) => {
    const part = trimmed(text, from, at);
    if (part && part.width <= maxWidth) found.push(part);
    from = at;
    clause = at;
    width = widthOf(text, at, end);
  };
  for (const unit of units(text.slice(whole.start, whole.end), maxWidth)) {
    const added = widthOf(unit, 0, unit.length);
    const bare = added - (unit.length - unit.trimEnd().length);
    if (width + bare > maxWidth && end > from) close(2 * (clause - from) > end - from ? clause : end);
    if (width + bare > maxWidth && end > from) close(end);
    end += unit.length;
    width += added;
    if (clauseEnd.test(unit)) clause = end;
  }
  close(end);
}

/** What must not be cut: what stands between white space, and within that words, where a script has no spaces or there is too much of it. */
function* units(text: string, maxWidth: number): Generator<string> {
  for (const [spaced] of text.matchAll(/(?:\S|\s+\p{M})+\s*/gu)) {
    if (spaced.length <= maxWidth && !isUnspaced(spaced)) yield spaced;
    else for (const { segment } of wordSegmenter.segment(spaced)) yield segment;
  }
}
