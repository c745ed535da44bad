import { ForeignFileError } from './whole-file.ts';

/** A change that older readers would misread makes it a higher one. */
const version = 1;
const longest = 80;

/** `brownout state 1 …`: what a file begins with. */
export const headOf = (kind: string, rest: string): Buffer => Buffer.from(`brownout ${kind} ${version} ${rest}\n`);

/**
 * Reads the head of a file, and what follows it.
 *
 * @throws ForeignFileError for one that does not have it, or is of a newer version
 */
export function bodyOf(kind: string, bytes: Buffer): { readonly rest: string; readonly text: Buffer } {
  const end = bytes.subarray(0, longest).indexOf('\n');
  const words = bytes.toString('latin1', 0, Math.max(0, end)).split(' ');
  const [name, ofKind, number, rest] = words;
  if (name !== 'brownout' || ofKind !== kind || !/^[1-9]\d*$/.test(number ?? ''))
    throw new ForeignFileError(`It is no ${kind} file of brownout`);
  if (Number(number) > version) throw new ForeignFileError(`It is of a newer version, ${number}`);
  if (rest === undefined || words.length > 4) throw new ForeignFileError('It is damaged: its first line is another');
  return { rest, text: bytes.subarray(end + 1) };
}
