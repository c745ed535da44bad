import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { circles, reached, sourceImports } from './source-imports.ts';

const files = [...sourceImports.keys()];
const isFile = (name: string) => /^(core|dashboard|http|express|koa|openai|opentelemetry|prometheus)\//.test(name);
/** What a browser is given to begin with: nothing imports it. */
const pageScripts = ['page', 'theme'].map((name) => `dashboard/src/page/${name}.js`);
const packageOf = (name: string) => (name.startsWith('@') ? name.split('/').slice(0, 2) : name.split('/', 1)).join('/');

/** Each import of these files that is not allowed, as `file → import`. */
const offending = (of: readonly string[], allowed: (name: string) => boolean) =>
  of.flatMap((file) =>
    sourceImports
      .get(file)!
      .filter((name) => !allowed(name))
      .map((name) => `${file} → ${name}`),
  );

describe('the imports of the sources', () => {
  it('are read whole', () => {
    expect(sourceImports.get('core/src/index.ts')!.length).toBeGreaterThan(20);
    expect(offending(files, (name) => !isFile(name) || sourceImports.has(name))).toEqual([]);
  });

  it('have no circle, of types neither', () => {
    const circular = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a', 'd']],
      ['d', []],
    ]);
    expect(circles(circular)).toEqual(['a → b → c → a']);
    expect(circles(sourceImports)).toEqual([]);
  });

  it.each([
    ['core', []],
    ['http', ['@brownout/core']],
    ['express', ['@brownout/core', '@brownout/http']],
    ['koa', ['@brownout/core', '@brownout/http']],
    ['openai', ['@brownout/core']],
    ['opentelemetry', ['@brownout/core']],
    ['prometheus', ['@brownout/core']],
    ['dashboard', ['@brownout/core']],
  ])('point down: %s imports of the packages %j alone, and what its package.json names', (folder, below) => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(new URL(`../packages/${folder}/package.json`, import.meta.url), 'utf8'),
    );
    const named = Object.keys({ ...dependencies, ...peerDependencies });
    expect(named.filter((name) => name.startsWith('@brownout/'))).toEqual(below);
    const own = files.filter((file) => file.startsWith(`${folder}/`));
    const isAllowed = (name: string) =>
      name.startsWith(`${folder}/`) || name.startsWith('node:') || named.includes(packageOf(name));
    expect(offending(own, isAllowed)).toEqual([]);
  });

  it('of the core name no framework and no server', () => {
    const core = files.filter((file) => file.startsWith('core/'));
    expect(offending(core, (name) => !/^(node:(https?|http2|net|tls)|express|koa)$/.test(name))).toEqual([]);
  });

  it('of the core name files in one folder alone', () => {
    const core = files.filter((file) => file.startsWith('core/') && !file.startsWith('core/src/persist/'));
    expect(core.length).toBeGreaterThan(100);
    expect(offending(core, (name) => !/^node:fs(\/|$)/.test(name))).toEqual([]);
  });

  it('of contracts name contracts alone', () => {
    const contracts = [
      ...['clock', 'errors', 'events', 'exchange', 'metadata', 'options', 'reply', 'request-view'],
      ...['answers/store', 'circuit/circuit-handle', 'circuit/permit', 'tiers/tier'],
    ].map((name) => `core/src/${name}.ts`);
    expect(offending(contracts, (name) => name.startsWith('node:') || contracts.includes(name))).toEqual([]);
  });

  it.each(['answers', 'circuit', 'excerpts', 'replies', 'tiers'])(
    'of %s lead neither to the guard nor to a set of circuits',
    (folder) => {
      const isAbove = (file: string) => file.startsWith('core/src/guard/') || file === 'core/src/brownout.ts';
      const own = files.filter((file) => file.startsWith(`core/src/${folder}/`));
      expect(own.length).toBeGreaterThan(0);
      expect(own.flatMap((file) => [...reached(file)].filter(isAbove).map((name) => `${file} → ${name}`))).toEqual([]);
    },
  );

  it.each(['core', 'dashboard', 'http', 'express', 'koa', 'openai', 'opentelemetry', 'prometheus'])(
    'lead from the index of %s to every file of it, and never back',
    (folder) => {
      const index = `${folder}/src/index.ts`;
      const begun = [index, ...pageScripts.filter((file) => file.startsWith(`${folder}/`))];
      const found = new Set([...begun, ...begun.flatMap((file) => [...reached(file)])]);
      expect(files.filter((file) => file.startsWith(`${folder}/`) && !found.has(file))).toEqual([]);
      expect(offending(files, (name) => name !== index)).toEqual([]);
    },
  );
});
