import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');

/** Builds every package into its `dist`: what is built already and has not changed is left as it is. */
export function build(): void {
  const projects = globSync('packages/*/tsconfig.json', { cwd: root }).map((file) => dirname(file));
  execFileSync(process.execPath, [tsc, '-b', ...projects], { cwd: root, stdio: 'inherit' });
  for (const file of globSync('packages/*/dist/**/*.{js,d.ts}{,.map}', { cwd: root })) {
    const built = join(root, file);
    if (!sourcesOf(built).some(existsSync)) rmSync(built);
    else if (built.endsWith('.d.ts')) nameEmittedFiles(built);
  }
}

const sourcesOf = (built: string): string[] => {
  const source = built
    .replace(/([\\/])dist([\\/](?!.*[\\/]dist[\\/]))/, '$1src$2')
    .replace(/(\.js|\.d\.ts)(\.map)?$/, '');
  return [`${source}.ts`, `${source}.js`];
};

/**
 * tsc rewrites `./x.ts` to `./x.js` in what runs, and leaves it in declarations: it resolves that itself, but some editors,
 * bundlers and runtimes that read declarations do not. Both are as long, so declaration maps stay right.
 */
function nameEmittedFiles(declaration: string): void {
  const text = readFileSync(declaration, 'utf8');
  const named = text.replace(/(?<=(?:from |import |import\()(['"])\.{1,2}\/[^'"\n]*)\.ts(?=\1)/g, '.js');
  if (named !== text) writeFileSync(declaration, named);
}

if (import.meta.main) build();
