const plainString = /^[ !#-[\]-~]*$/;
const printable = /^[ -~]*$/;
const token = /^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*$/;

/** A text as a String of RFC 9651 §4.1.6, or, where it has other characters than printable ASCII, a Display String (§4.1.11). */
export function fieldString(text: string): string {
  if (plainString.test(text)) return `"${text}"`;
  if (printable.test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`;
  let escaped = '';
  // Lone surrogates become U+FFFD: a Display String is Unicode.
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && byte !== 0x22;
    escaped += plain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return `%"${escaped}"`;
}

/** A text as a Token (RFC 9651 §4.1.7) if it can be one, else as a string. */
export const fieldItem = (text: string): string => (token.test(text) ? text : fieldString(text));
