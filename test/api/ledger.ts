import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../../build.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A declaration at the top of a file, as tsc prints it. */
interface Declaration {
  readonly name: string;
  readonly text: string;
}

const augmentation = 'declare global';

/** The packages by their folder's name. */
export const packages: readonly string[] = globSync('packages/*/tsconfig.json', { cwd: root })
  .map((file) => dirname(file).slice('packages/'.length))
  .sort();

export const ledgerFile = (folder: string): string => join(root, 'test/api', `${folder}.md`);

/** What a package exports, with its kind and its signature, from the declarations in its `dist`. */
export function ledger(folder: string): string {
  const index = join(root, 'packages', folder, 'dist/index.d.ts');
  const all = exportsOf(index);
  const files = [...new Set([...all.values()])];
  const entries = [...all].map(([name, file]) => {
    const texts = declarations(file).filter((declaration) => declaration.name === name);
    return section(name, texts);
  });
  entries.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  for (const [, from] of code(index).matchAll(/^export \* from '(.+)';$/gm))
    entries.unshift(`Everything of \`${from}\`.`);
  const augmentations = files.flatMap(declarations).filter(({ name }) => name === augmentation);
  if (augmentations.length > 0) entries.push(section('Augmentation', augmentations));
  const hidden = new Set(files.flatMap((file) => namedButNotExported(file, all)));
  if (hidden.size > 0) entries.push(`## Named above, not exported\n\n${[...hidden].sort().join(', ')}`);
  return `${[`# @brownout/${folder}`, ...entries].join('\n\n')}\n`;
}

/** The names that a file exports from other files, and the file that declares each. */
function exportsOf(file: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, names, from] of code(file).matchAll(/^export (?:type )?\{([^}]*)\} from '(.+)';$/gm)) {
    const other = join(dirname(file), from!.replace(/\.js$/, '.d.ts'));
    const passedOn = exportsOf(other);
    for (const name of namesOf(names!)) found.set(name, passedOn.get(name) ?? other);
  }
  return found;
}

const section = (title: string, of: readonly Declaration[]): string =>
  `## ${title}\n\n\`\`\`ts\n${of.map(({ text }) => text).join('\n')}\n\`\`\``;

const namesOf = (specifiers: string): readonly string[] =>
  specifiers
    .split(',')
    .map((specifier) => specifier.trim().replace(/^type |^.* as /g, ''))
    .filter((name) => name !== '');

/** A file without its comments. */
function code(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/^\s*\/\*\*?[\s\S]*?\*\/\n/gm, '')
    .replace(/^\s*\/\/.*\n?/gm, '')
    .replace(/^\s*(#private|private .*);\n/gm, '');
}

/** A declaration begins in the first column, and ends where the next one begins. */
function declarations(file: string): readonly Declaration[] {
  return code(file)
    .split(/^(?=[a-z])/m)
    .filter((text) => !/^(import|export) (type )?[{*]|^import/.test(text))
    .map((text) => {
      const name = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|const|let|function) (\w+)/.exec(
        text,
      )?.[1];
      return { name: name ?? augmentation, text: text.trim() };
    });
}

/** The types that what is exported from a file names, which an application cannot name itself. */
function namedButNotExported(file: string, exported: ReadonlyMap<string, string>): readonly string[] {
  const declared = declarations(file);
  const imports = [...code(file).matchAll(/^import (?:type )?\{([^}]*)\} from '\..*';$/gm)];
  const known = [...imports.flatMap((match) => namesOf(match[1]!)), ...declared.map(({ name }) => name)];
  const shown = declared.filter(({ name }) => exported.has(name)).map(({ text }) => text);
  return known.filter((name) => !exported.has(name) && shown.some((text) => new RegExp(`\\b${name}\\b`).test(text)));
}

if (import.meta.main) {
  build();
  for (const folder of packages) writeFileSync(ledgerFile(folder), ledger(folder));
}
