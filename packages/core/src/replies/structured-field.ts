const plainString = /^[ !#-[\]-~]*$/;
const printable = /^[ -~]*$/;
const token = /^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*$/;

/** A text, whatever it is: what users name things by may be anything, and must not break an answer. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return String(value);
  } catch {
    return '';
  }
}

/** A text as a String of RFC 9651 §4.1.6, or, where it has other characters than printable ASCII, a Display String (§4.1.11). */
export function fieldString(value: unknown): string {
  const text = asText(value);
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
export function fieldItem(value: unknown): string {
  const text = asText(value);
  return token.test(text) ? text : fieldString(text);
}
