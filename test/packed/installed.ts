import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { createRequire, findPackageJSON } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from '../../build.ts';

export const run = promisify(execFile);
export const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

/** A folder with an application's `node_modules`, into which the packed packages were installed. */
export interface Installed {
  readonly folder: string;
  /** Tarballs by the package's name. */
  readonly tarballs: ReadonlyMap<string, string>;
}

export async function install(): Promise<Installed> {
  build();
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'brownout-packed-')));
  await pnpm(root, '--filter', './packages/*', 'pack', '--pack-destination', folder);
  const tarballs = new Map<string, string>();
  for (const file of await readdir(folder))
    tarballs.set(file.replace(/^(brownout)-(.+)-\d+\..*$/, '@$1/$2'), join(folder, file));
  const packed = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  const brought = [
    'express',
    'koa',
    'prom-client',
    '@opentelemetry/api',
    '@types/express',
    '@types/koa',
    '@types/node',
  ].map((name) => [name, versionHere(name)]);
  const manifest = { private: true, type: 'module', dependencies: { ...packed, ...Object.fromEntries(brought) } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  // what the packages depend on among themselves is in no registry yet
  await writeFile(join(folder, 'pnpm-workspace.yaml'), `overrides: ${JSON.stringify(packed)}\n`);
  await cp(new URL('./consumer', import.meta.url), folder, { recursive: true });
  await pnpm(folder, 'install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-scripts');
  return { folder, tarballs };
}

const versionHere = (name: string): string =>
  (require(findPackageJSON(name, import.meta.url)!) as { version: string }).version;

async function pnpm(cwd: string, ...args: string[]): Promise<void> {
  const running = process.env['npm_execpath'];
  const [command, ...first] = running?.match(/[\\/]pnpm$/) ? [running] : ['npx', '--yes', 'pnpm@12'];
  await run(command!, [...first, '--silent', ...args], { cwd });
}

/** The Node that runs this, and the machine's own where it is another that the packages support. */
export async function nodes(): Promise<readonly (readonly [version: string, path: string])[]> {
  const found = new Map([[process.version, process.execPath]]);
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder.split(/[\\/]/).includes('node_modules')) continue;
    const path = join(folder, 'node');
    const version = await run(path, ['--version']).then(
      ({ stdout }) => stdout.trim(),
      () => 'v0.0.0', // none there
    );
    const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
    if ((major > 20 || (major === 20 && minor >= 19)) && !found.has(version)) found.set(version, path);
  }
  return [...found];
}

/** The block of code in a package's README, made a module that exports its application. */
export async function readmeModule(name: string, kind: 'esm' | 'commonjs'): Promise<string> {
  const readme = await readFile(join(root, 'packages', name.replace('@brownout/', ''), 'README.md'), 'utf8');
  const block = /```js\n([\s\S]*?)```/.exec(readme)![1]!;
  const app = /const (app|server)\b/.exec(block)?.[1];
  if (kind === 'esm') return app === undefined ? block : `${block}export { ${app} as app };\n`;
  return `${block.replace(/^import (.+) from ('.+');$/gm, 'const $1 = require($2);')}module.exports = { app: ${app} };\n`;
}
