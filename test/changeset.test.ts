import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(`${root}/${file}`, 'utf8'));

it('All packages are released together, in one version', async () => {
  const folders = await readdir(`${root}/packages`);
  const manifests = await Promise.all(folders.map((folder) => read(`packages/${folder}/package.json`)));
  const names = (manifests as { name: string }[]).map(({ name }) => name);
  const { fixed } = (await read('.changeset/config.json')) as { fixed: string[][] };
  expect(fixed.map((together) => together.toSorted())).toEqual([names.toSorted()]);
});
