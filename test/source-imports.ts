import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each source of the packages imports or re-exports, types as well: files by their path (`core/src/guard.ts`), packages by name. */
export const sourceImports: ReadonlyMap<string, readonly string[]> = new Map(
  globSync('*/src/**/*.{ts,js}', { cwd: join(root, 'packages') })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.endsWith('.test.ts'))
    .sort()
    .map((file) => [file, importsOf(file)]),
);

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, 'packages', file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const named = text.matchAll(
    /^(?:import|export)\s(?:[^;'"()=]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
  );
  return [...named].map(([, from, dynamic]) => {
    const name = (from ?? dynamic)!;
    return name.startsWith('.') ? posix.join(dirname(file), name) : name;
  });
}

/** The shortest way by imports from a file back to itself, for each file that is on a circle. */
export function circles(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found = new Map<string, string>();
  for (const start of imports.keys()) {
    const cameFrom = new Map<string, string>();
    const waiting = [start];
    for (let file = waiting.shift(); file !== undefined && !cameFrom.has(start); file = waiting.shift()) {
      for (const next of imports.get(file) ?? []) {
        if (cameFrom.has(next)) continue;
        cameFrom.set(next, file);
        waiting.push(next);
      }
    }
    if (!cameFrom.has(start)) continue;
    const way = [start];
    for (let file = cameFrom.get(start)!; file !== start; file = cameFrom.get(file)!) way.unshift(file);
    const key = [...way].sort().join();
    if (!found.has(key)) found.set(key, [start, ...way].join(' → '));
  }
  return [...found.values()];
}

/** All that a file imports, and what that imports, and so on. */
export function reached(from: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [from];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const next of sourceImports.get(file) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(next);
    }
  }
  return found;
}
