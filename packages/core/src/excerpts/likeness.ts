const LEAST_LETTERS = 3;
const LEAST_SHARE = 0.6;

const han = /^\p{sc=Han}/u;

export const isHan = (word: string) => word.charCodeAt(0) >= 0x2e80 && han.test(word);

/**
 * Whether two words may be forms of one, too short for their stems to tell: by their common beginning, or where words are written
 * in Han by a common character, for there the same matter is named by words of other lengths.
 */
export function areAlike(a: string, b: string): boolean {
  if (isHan(a)) {
    for (const character of a) if (b.includes(character)) return true;
    return false;
  }
  if (a.charCodeAt(0) !== b.charCodeAt(0)) return false;
  const shorter = Math.min(a.length, b.length);
  const least = Math.max(LEAST_LETTERS, LEAST_SHARE * Math.max(a.length, b.length));
  if (shorter < least) return false;
  let letters = 1;
  while (letters < shorter && a.charCodeAt(letters) === b.charCodeAt(letters)) letters++;
  return letters >= least;
}
