import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PageFile } from './page-seam.ts';

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** The scripts and styles as they are written: they are shipped with the sources, and nothing builds them. */
const folder = new URL('../src/page/', import.meta.url);
const own = readdirSync(folder)
  .filter((name) => extensionOf(name) in types)
  .map((name) => [name, new URL(name, folder)] as const);
const { resolve } = createRequire(import.meta.url);

/** What the page may ask for, by name. The library of its plots is lent from its own package. */
export const pageFiles: ReadonlyMap<string, PageFile> = new Map(
  [
    ...own,
    ['uplot.js', resolve('uplot/dist/uPlot.esm.js')] as const,
    ['uplot.css', resolve('uplot/dist/uPlot.min.css')] as const,
  ].map(([name, path]) => [name, pageFile(name, readFileSync(path))]),
);

function pageFile(name: string, body: Uint8Array): PageFile {
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return { type: types[extensionOf(name)]!, body, etag };
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
