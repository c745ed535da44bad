import { isUnspaced, wordSegmenter } from './words.ts';

/** A stretch of a text by UTF-16 offsets, without the white space around it. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** As displayed: a wide character (Han, Kana, Hangul) counts two, a soft hyphen nothing. At least half the length: what is hidden is quoted. */
  readonly width: number;
}

const sentenceSegmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Titles, initials and other abbreviations before a capital letter or a digit, where a sentence seldom ends. */
const abbreviation =
  /(?:^|[^\p{L}\p{N}])(?:\p{Lu}|(?:\p{L}\.)+\p{L}|[DM]rs?|Ms|Mme|Mlle|Prof|Sra?|Dra|St|Ste|Jr|No|Nr|Núm|Fig|Figs|Vol|vol|pp?|eds?|vs|cf|ca|approx|Gen|Col|Lt|Sgt|Capt|Cpt|Rev|Hon|Gov|Sen|Rep|Mt|Ft)\.\s+$/u;

/**
 * The sentences of a text, none wider than `maxWidth`: a longer one is cut after a clause or between words, into parts about half
 * as wide, so that a window can begin in the midst of it. A word that is wider than `maxWidth` by itself is left out. Nothing begins or ends within a word or a grapheme. What is not asked for is not looked at.
 */
export function* sentencesOf(text: string, maxWidth: number): Generator<Stretch, void> {
  let start = 0;
  for (const { index, segment } of sentenceSegmenter.segment(text)) {
    const end = index + segment.length;
    if (end < text.length && endsInAbbreviation(text, start, end)) continue;
    const whole = trimmed(text, start, end);
    start = end;
    if (whole === undefined) continue;
    if (whole.width <= maxWidth) yield whole;
    else yield* cut(text, whole, maxWidth);
  }
}

/** A paragraph ends a sentence, whatever is before it. */
const endsInAbbreviation = (text: string, start: number, end: number) =>
  text[end - 1] !== '\n' && abbreviation.test(text.slice(Math.max(start, end - 16), end));

/** What is one grapheme with the character before it (UAX #29, GB9 and GB9a). */
const mark = /^[\p{M}\p{Grapheme_Extend}\u200d]/u;

function trimmed(text: string, from: number, to: number): Stretch | undefined {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  // After a space, too.
  if (start > from && text.charCodeAt(start) >= 0x300 && mark.test(text.slice(start, start + 2))) start--;
  return start < end ? { start, end, width: atLeastHalf(widthOf(text, start, end), end - start) } : undefined;
}

/** The width of what is so long: markup that is hidden in it must not make an excerpt of any length. */
export const atLeastHalf = (width: number, length: number): number => Math.max(width, Math.ceil(length / 2));

/** Of the white space of UAX #44, what is not ASCII is rare enough to be asked of a pattern. */
const isSpace = (code: number) =>
  code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x80 && /[\s\u0085]/.test(String.fromCharCode(code)));

const SOFT_HYPHEN = 0xad;

/** How wide a part of a text is. */
export function widthOf(text: string, start: number, end: number): number {
  let width = end - start;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x1100 && isWide(code)) width++;
    else if (code === SOFT_HYPHEN) width--;
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

/** Cuts a long stretch into parts as wide as half of `maxWidth`, after a clause if one ends in the second half. */
function* cut(text: string, whole: Stretch, maxWidth: number): Generator<Stretch, void> {
  const aim = maxWidth / 2;
  let from = whole.start;
  let clause = from;
  let end = from;
  let width = 0;
  const close = (at: number): Stretch[] => {
    const part = trimmed(text, from, at);
    from = at;
    clause = at;
    width = widthOf(text, at, end);
    return part && part.width <= maxWidth ? [part] : [];
  };
  for (const unit of units(text.slice(whole.start, whole.end), maxWidth)) {
    const added = widthOf(unit, 0, unit.length);
    const bare = added - (unit.length - unit.trimEnd().length);
    const isTooWide = () => atLeastHalf(width + bare, end + unit.length - from) > aim && end > from;
    if (isTooWide()) yield* close(2 * (clause - from) > end - from ? clause : end);
    if (isTooWide()) yield* close(end);
    end += unit.length;
    width += added;
    if (clauseEnd.test(unit)) clause = end;
  }
  yield* close(end);
}

/** What must not be cut: what stands between white space, and within that words, where a script has no spaces or there is too much of it. */
function* units(text: string, maxWidth: number): Generator<string, void> {
  const wordEnd = wordEndsOf(text);
  for (const { 0: spaced, index } of text.matchAll(/(?:\S|\s+[\p{M}\p{Grapheme_Extend}\u200d])+\s*/gu)) {
    const end = index + spaced.length;
    if (spaced.length <= maxWidth && !isUnspaced(spaced)) {
      yield spaced;
      continue;
    }
    for (let at = index; at < end; ) {
      let next = Math.min(wordEnd(at), end);
      while (next < end && belongsToNext(text, next)) next = Math.min(wordEnd(next), end);
      yield text.slice(at, next);
      at = next;
    }
  }
}

/** Grapheme_Cluster_Break=Prepend (UAX #29): the one kind of grapheme that words do not keep whole. */
const prepended =
  /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u{110bd}\u{110cd}\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]$/u;

const belongsToNext = (text: string, at: number) =>
  text.charCodeAt(at - 1) >= 0x600 && prepended.test(text.slice(Math.max(0, at - 2), at));

const AT_ONCE = 2000;
/** What follows may join what seemed to be words. */
const UNCERTAIN = 64;

/**
 * Where the word ends that a place is in. Places are asked for in order. A segmenter is not made for each, which takes as long as
 * to find twenty words, nor for the whole text, of which it looks up a run of a script without spaces in its dictionary as one.
 */
function wordEndsOf(text: string): (at: number) => number {
  let words: Intl.Segments | undefined;
  let from = 0;
  let to = 0;
  return (at) => {
    for (let most = AT_ONCE; ; most *= 2) {
      const word = at < to ? words?.containing(at - from) : undefined;
      if (word) {
        const end = from + word.index + word.segment.length;
        if (to === text.length || end < to - UNCERTAIN) return end;
      }
      from = at;
      to = Math.min(at + most, text.length);
      words = wordSegmenter.segment(text.slice(from, to));
    }
  };
}
