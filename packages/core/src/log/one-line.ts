/** Controls (line breaks, escape sequences), invisible format characters such as those that turn the direction, halves of pairs, and line separators. */
const unfit = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** The most characters of what others have written: what an upstream says may quote a prompt. */
const mostCharacters = 200;

/** A text as it may stand in a line of a log: it neither ends the line nor reaches the terminal, and it is short. */
export function oneLine(text: string): string {
  const cut = text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;
  return cut.replace(unfit, ' ');
}
