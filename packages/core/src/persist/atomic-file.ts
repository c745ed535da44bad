import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, openSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';

/** For nobody but the user that the process runs as. */
const mode = 0o600;
/** A file that has not grown for so long is nobody's any more. */
const abandonedMs = 60_000;

/**
 * Writes a file so that there is a whole one at any moment, the old or the new, whatever ends the process. Of two processes that write
 * it at once the later has it. Each slice is asked for when the one before is written: others have their turn in between.
 *
 * @param isOutdated asked at the end: whether a newer one has been written meanwhile
 */
export async function writeAtomically(
  path: string,
  slices: Iterable<Uint8Array>,
  isOutdated: () => boolean,
): Promise<void> {
  const temporary = temporaryOf(path);
  const file = await open(temporary, 'wx', mode);
  try {
    try {
      for (const slice of slices) await file.writeFile(slice);
      await file.sync();
    } finally {
      await file.close();
    }
    // at once, so that nothing comes in between
    if (isOutdated()) unlinkSync(temporary);
    else renameSync(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(path);
}

/** The same where nothing can be awaited any more. */
export function writeAtomicallySync(path: string, slices: Iterable<Uint8Array>): void {
  const temporary = temporaryOf(path);
  const file = openSync(temporary, 'wx', mode);
  try {
    try {
      for (const slice of slices) writeFileSync(file, slice);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  }
}

/** Removes what processes have left that were killed while they wrote. */
export function removeAbandoned(path: string): void {
  try {
    const beginning = `${basename(path)}.`;
    for (const name of readdirSync(dirname(path))) {
      if (!name.startsWith(beginning) || !/^\d+-[0-9a-f]{12}\.tmp$/.test(name.slice(beginning.length))) continue;
      const found = join(dirname(path), name);
      if (Date.now() - lstatSync(found).mtimeMs > abandonedMs) remove(found);
    }
  } catch {
    // they harm nobody but the disk
  }
}

const temporaryOf = (path: string): string => `${path}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // gone already, or not ours to remove
  }
}

/** The new name outlives a loss of power, too; where the system can say so. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(dirname(path), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // Windows opens no folder; the file is whole all the same
  }
}
