const runs = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts that put no space between words. */
const unspaced =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** None of those scripts comes before Thai, and to find that out is ten times as quick. */
const fromThaiOn = /[\u0e00-\uffff]/;
/** Whether words in it have to be found without spaces. */
export const isUnspaced = (text: string) => fromThaiOn.test(text) && unspaced.test(text);

export const wordSegmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** How much of a word counts: its beginning does instead of a stemmer, in every language alike. */
const STEM = 5;

/** A text as it is compared: NFKC, lower case. It may be many times as long. */
export const folded = (text: string) => (isAscii(text) ? text.toLowerCase() : text.normalize('NFKC').toLowerCase());

/** The words of a text in order, folded. */
export const wordsOf = (text: string): readonly string[] => wordsIn(folded(text));

/**
 * The words of a folded text in order. `Intl.Segmenter` is asked only where a script without spaces occurs: it takes a multiple of
 * the time.
 */
export function wordsIn(text: string): readonly string[] {
  if (!isUnspaced(text)) return text.match(runs) ?? [];
  const words: string[] = [];
  for (const { segment, isWordLike } of wordSegmenter.segment(text)) if (isWordLike) words.push(segment);
  return words;
}

/** The words of a text that are written with a capital, folded: but for the first, which always is, names as a rule. */
export const namesOf = (text: string): ReadonlySet<string> =>
  new Set((text.normalize('NFKC').match(runs) ?? []).slice(1).filter(isCapital).map(folded));

const isCapital = (word: string) => /^\p{Lu}/u.test(word);

const isAscii = (text: string) => /^\p{ASCII}*$/u.test(text);

const accents = /[\u0300-\u036f\u0640\u064b-\u0655\u0670]/g;
/** The article and the particles that are written on to it (Larkey, Ballesteros, Connell 2002, "light8"). */
const arabicArticle = /^(?:[وبكف]?ال|لل|و(?=\p{L}{3}))(?=\p{L}{2})/u;

/** The part of a folded word that its inflections share: without accents, vowel signs and the Arabic article, its first letters. */
export function stemOf(word: string): string {
  if (isAscii(word)) return word.slice(0, STEM);
  return word.normalize('NFD').replace(accents, '').normalize('NFC').replace(arabicArticle, '').slice(0, STEM);
}
