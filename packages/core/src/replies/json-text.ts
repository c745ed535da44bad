const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where a member of an object lies in its text: the name with its quotes, and the value. Ends are exclusive. */
export type OnMember = (name: number, nameEnd: number, value: number, valueEnd: number) => void;

/** Whether this is one whole JSON value (RFC 8259), in UTF-8 or any charset that has ASCII in its place. */
export function isJsonText(text: Uint8Array): boolean {
  const end = endOfValue(text, startOfText(text));
  return end >= 0 && skipSpace(text, end) === text.length;
}

/** Whether the first and the last byte belong together: what was cut mostly ends otherwise. At no cost, for a text of any length. */
export function hasJsonEnds(text: Uint8Array): boolean {
  let last = text.length - 1;
  while (isSpace(text[last])) last--;
  const first = startOfText(text);
  switch (text[first]) {
    case OPEN_BRACE:
      return text[last] === CLOSE_BRACE;
    case OPEN_BRACKET:
      return text[last] === CLOSE_BRACKET;
    case QUOTE:
      return text[last] === QUOTE && last > first;
    default:
      return last >= first;
  }
}

/** Where the value begins. RFC 8259 §8.1 lets a parser ignore a byte order mark. */
export const startOfText = (text: Uint8Array): number =>
  skipSpace(text, text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0);

/** The first position from `at` that is no white space (RFC 8259 §2). */
export function skipSpace(text: Uint8Array, at: number): number {
  for (;;) {
    if (!isSpace(text[at])) return at;
    at++;
  }
}

/**
 * Walks over the object whose `{` is at `at`, telling each of its own members; returns the position after its `}`, or -1 when the
 * text is not JSON by RFC 8259's grammar.
 */
export function walkObject(text: Uint8Array, at: number, onMember: OnMember): number {
  at = skipSpace(text, at + 1);
  if (text[at] === CLOSE_BRACE) return at + 1;
  for (;;) {
    const name = at;
    const nameEnd = endOfString(text, name);
    const value = nameEnd < 0 ? -1 : afterColon(text, nameEnd);
    const valueEnd = value < 0 ? -1 : endOfValue(text, value);
    if (valueEnd < 0) return -1;
    onMember(name, nameEnd, value, valueEnd);
    at = skipSpace(text, valueEnd);
    if (text[at] === CLOSE_BRACE) return at + 1;
    if (text[at] !== COMMA) return -1;
    at = skipSpace(text, at + 1);
  }
}

/** Iterative, since a text may be nested deeper than the stack reaches. */
function endOfValue(text: Uint8Array, at: number): number {
  const closers: number[] = [];
  for (;;) {
    const byte = text[at];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      const closer = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      at = skipSpace(text, at + 1);
      if (text[at] === closer) at++;
      else {
        closers.push(closer);
        if (closer === CLOSE_BRACE) at = afterName(text, at);
        if (at < 0) return -1;
        continue;
      }
    } else {
      at = endOfScalar(text, at);
      if (at < 0) return -1;
    }
    at = afterValue(text, at, closers);
    if (at < 0 || closers.length === 0) return at;
  }
}

/** Closes what ends after a value; returns where the next value begins, or, with no closer left, where the whole ended. */
function afterValue(text: Uint8Array, at: number, closers: number[]): number {
  while (closers.length > 0) {
    const closer = closers[closers.length - 1];
    at = skipSpace(text, at);
    if (text[at] === COMMA) {
      at = skipSpace(text, at + 1);
      return closer === CLOSE_BRACE ? afterName(text, at) : at;
    }
    if (text[at] !== closer) return -1;
    closers.pop();
    at++;
  }
  return at;
}

function afterName(text: Uint8Array, at: number): number {
  const end = endOfString(text, at);
  return end < 0 ? -1 : afterColon(text, end);
}

function afterColon(text: Uint8Array, at: number): number {
  at = skipSpace(text, at);
  return text[at] === COLON ? skipSpace(text, at + 1) : -1;
}

function endOfScalar(text: Uint8Array, at: number): number {
  switch (text[at]) {
    case QUOTE:
      return endOfString(text, at);
    case 0x74:
      return endOfWord(text, at, 'true');
    case 0x66:
      return endOfWord(text, at, 'false');
    case 0x6e:
      return endOfWord(text, at, 'null');
    default:
      return endOfNumber(text, at);
  }
}

function endOfWord(text: Uint8Array, at: number, word: string): number {
  for (let i = 0; i < word.length; i++) if (text[at + i] !== word.charCodeAt(i)) return -1;
  return at + word.length;
}

function endOfString(text: Uint8Array, at: number): number {
  if (text[at] !== QUOTE) return -1;
  for (at++; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    if (byte === BACKSLASH) {
      at++;
      if (text[at] === 0x75) {
        for (let i = 1; i <= 4; i++) if (!isHexDigit(text[at + i])) return -1;
        at += 4;
      } else if (!isEscape(text[at])) return -1;
    }
  }
  return -1;
}

function endOfNumber(text: Uint8Array, at: number): number {
  if (text[at] === 0x2d) at++;
  if (text[at] === 0x30) at++;
  else at = endOfDigits(text, at);
  if (at >= 0 && text[at] === 0x2e) at = endOfDigits(text, at + 1);
  if (at >= 0 && (text[at] === 0x65 || text[at] === 0x45)) {
    at++;
    if (text[at] === 0x2b || text[at] === 0x2d) at++;
    at = endOfDigits(text, at);
  }
  return at;
}

/** One digit at least. */
function endOfDigits(text: Uint8Array, at: number): number {
  const first = at;
  while (isDigit(text[at])) at++;
  return at > first ? at : -1;
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isHexDigit = (byte: number | undefined) => isDigit(byte) || ((byte! | 0x20) - 0x61) >>> 0 < 6;
/** One of `"\/bfnrt`. */
const isEscape = (byte: number | undefined) => byte !== undefined && '"\\/bfnrt'.includes(String.fromCharCode(byte));
