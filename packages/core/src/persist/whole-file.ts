import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** A file that is there and is not what we would have written: damaged, or somebody else's. */
export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
}

/** Opens no link, and waits for no pipe. Windows has neither flag. */
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * What a file holds; `undefined` where there is none.
 *
 * @throws ForeignFileError for a link, for more than `mostBytes`, and for what only others may read
 */
export function readWhole(path: string, mostBytes: number): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EACCES' || code === 'EPERM') throw new ForeignFileError('It may not be read', { cause: error });
    if (code === 'ELOOP') throw new ForeignFileError('It is a symbolic link, which is not followed');
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('It is no file');
    if (stats.size > mostBytes)
      throw new ForeignFileError(`It has ${stats.size} bytes, and ${mostBytes} are expected at most`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
