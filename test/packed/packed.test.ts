import { existsSync, globSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installed, install, nodes, readmeModule, root, run } from './installed.ts';

const require = createRequire(import.meta.url);
const names = ['core', 'dashboard', 'express', 'http', 'koa', 'openai', 'opentelemetry', 'prometheus'].map(
  (name) => `@brownout/${name}`,
);
const everyNode = await nodes();

let installed: Installed;
const inFolder = (command: string, ...args: string[]) => run(command, args, { cwd: installed.folder });
const said = (failure: { stdout?: string; stderr?: string }) => `${failure.stdout}${failure.stderr}`;
const packageFile = (name: string, ...path: string[]) => join(installed.folder, 'node_modules', name, ...path);

beforeAll(async () => {
  installed = await install();
}, 60_000);
afterAll(() => rm(installed.folder, { recursive: true, force: true }));

describe('the tarballs', () => {
  it('are those that are known here', () => {
    expect([...installed.tarballs.keys()].sort()).toEqual(names);
  });

  it.each(names)('of %s have what is built, its sources, a README and a licence, and no tests', async (name) => {
    const files = await readdir(packageFile(name), { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(files.filter((file) => /\.test\.|tsbuildinfo|tsconfig/.test(file))).toEqual([]);
    const stem = (file: string) => file.replace(/^(dist|src)./, '').replace(/(\.d)?\.(ts|js)(\.map)?$/, '');
    const those = (like: RegExp) => new Set(files.filter((file) => like.test(file)).map(stem));
    const built = those(/^dist.*\./);
    // of scripts that browsers are given as they are, those alone that the server shares
    const scripts = [...those(/^src.*\.js$/)].filter((name) => built.has(name));
    expect(built).toEqual(new Set([...those(/^src.*\.ts$/), ...scripts]));
  });

  it.each(names)('of %s offer what is built, and no source', (name) => {
    const manifest = require(packageFile(name, 'package.json'));
    expect(JSON.stringify(manifest.exports)).not.toMatch(/src|source/);
    expect(JSON.stringify(manifest.dependencies ?? {})).not.toContain('workspace:');
  });

  it.each(names)('of %s have declarations that name files which exist', (name) => {
    const missing = globSync('dist/**/*.{js,d.ts}', { cwd: packageFile(name) }).flatMap((file) =>
      [...readFileSync(packageFile(name, file), 'utf8').matchAll(/(?:from |import |import\()['"](\.[^'"]+)['"]/g)]
        .map((match) => join(dirname(packageFile(name, file)), match[1]!))
        .filter((path) => !existsSync(path)),
    );
    expect(missing).toEqual([]);
  });

  it.each(names)('of %s please publint', async (name) => {
    const { buffer } = new Uint8Array(await readFile(installed.tarballs.get(name)!));
    expect((await publint({ pack: { tarball: buffer }, strict: true })).messages).toEqual([]);
  });

  // the one rule that is left out: `require` resolves to an ES module, which Node can do since 20.19
  it.each(names)('of %s please attw', async (name) => {
    const manifest = require.resolve('@arethetypeswrong/cli/package.json');
    const attw = join(dirname(manifest), require(manifest).bin.attw);
    const args = [
      attw,
      installed.tarballs.get(name)!,
      '--ignore-rules',
      'cjs-resolves-to-esm',
      '--no-color',
      '--no-emoji',
    ];
    await run(process.execPath, args).catch((failure) => expect.fail(said(failure)));
  });
});

describe.each(everyNode)('on Node %s', (_version, node) => {
  const degraded = [
    [200, 'fresh'],
    [200, 'l1_cache'],
    [200, 'excerpts'],
    [503, 'unavailable'],
  ];

  it.each([
    ['@brownout/express', 'esm', 'POST', degraded],
    ['@brownout/express', 'commonjs', 'POST', degraded],
    ['@brownout/koa', 'esm', 'GET', degraded],
    ['@brownout/koa', 'commonjs', 'GET', degraded],
    ['@brownout/prometheus', 'esm', 'POST', degraded],
    ['@brownout/prometheus', 'commonjs', 'POST', degraded],
    ['@brownout/opentelemetry', 'esm', 'POST', degraded],
    ['@brownout/opentelemetry', 'commonjs', 'POST', degraded],
    ['@brownout/http', 'esm', 'GET', degraded.map((came) => (came[1] === 'excerpts' ? [503, 'unavailable'] : came))],
  ] as const)(
    'an application of %s (%s) answers, and degrades as its README says',
    async (name, kind, method, expected) => {
      const file = `./${name.slice(10)}.${kind === 'esm' ? 'mjs' : 'cjs'}`;
      await writeFile(join(installed.folder, file), await readmeModule(name, kind));
      const { stdout, stderr } = await inFolder(node, 'ask.mjs', file, method);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(expected);
    },
  );

  it('the circuit of the README of @brownout/core works by itself', async () => {
    await writeFile(join(installed.folder, 'core.mjs'), await readmeModule('@brownout/core', 'esm'));
    expect(await inFolder(node, 'core.mjs')).toEqual({ stdout: '3 closed healthy\n', stderr: '' });
  });

  it('importing changes nothing but what it returns', async () => {
    expect(await inFolder(node, 'side-effects.mjs', ...names)).toEqual({ stdout: '[]\n', stderr: '' });
  });

  it('a `source` condition of the application is not taken for ours', async () => {
    await inFolder(node, '--conditions=source', 'side-effects.mjs', ...names);
  });
});

describe('the types', () => {
  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('are right for an application with module %s, resolution %s', async (module, resolution) => {
    const options = ['--module', module, '--moduleResolution', resolution, '--customConditions', 'source'];
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--types', 'node'];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await inFolder(process.execPath, tsc, ...strict, ...options, 'express.ts', 'koa.ts').catch((failure) =>
      expect.fail(said(failure)),
    );
  });
});
