import { readdirSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** More are removed, the oldest first. */
const mostKept = 3;

/**
 * Renames a file that cannot be read to `file.corrupt-<time>`, for somebody to look into.
 *
 * @returns what it is called now
 * @throws when it cannot be renamed
 */
export function setAside(path: string, wall: number): string {
  const time = new Date(wall).toISOString().replace(/[-:]/g, '');
  const aside = `${path}.corrupt-${time}`;
  renameSync(path, aside);
  const folder = dirname(path);
  const beginning = `${basename(path)}.corrupt-`;
  try {
    const all = readdirSync(folder).filter((name) => name.startsWith(beginning));
    for (const name of all.sort().slice(0, -mostKept)) unlinkSync(join(folder, name));
  } catch {
    // more of them are kept than need be
  }
  return aside;
}
