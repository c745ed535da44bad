import type { Stryker } from '@stryker-mutator/core';

type Result = Awaited<ReturnType<Stryker['runMutationTest']>>[number];
export type Status = Result['status'];

/** A change by the lines that it touches, so that changes elsewhere in the file leave it what it is. */
interface Change {
  readonly was: string;
  readonly becomes: string;
}

export interface Mutant extends Change {
  readonly file: string;
  readonly line: number;
  readonly status: Status;
}

/** By file, what no test notices, and why none could. */
export type Listed = Readonly<Record<string, readonly (Change & { readonly because: string })[]>>;

export function mutantOf(file: string, source: string, { location, replacement, status }: Result): Mutant {
  const { start, end } = location;
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const before = lines[0]!.slice(0, start.column - 1);
  const after = lines.at(-1)!.slice(end.column - 1);
  return { file, line: start.line, status, was: flat(lines.join(' ')), becomes: flat(before + replacement + after) };
}

/**
 * What survived and is not listed, and what is listed for one of the files and does not survive. A listed one that timed out
 * is neither: on a busy machine anything may.
 */
export function compared(mutants: readonly Mutant[], listed: Listed, files: readonly string[]) {
  const isSame = (a: Change, b: Change) => a.was === b.was && a.becomes === b.becomes;
  const unlisted = mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .filter((mutant) => !listed[mutant.file]?.some((entry) => isSame(entry, mutant)));
  const stale = files.flatMap((file) => {
    const alive = mutants.filter((mutant) => mutant.file === file && mutant.status !== 'Killed');
    return (listed[file] ?? [])
      .filter((entry) => !alive.some((mutant) => isSame(entry, mutant)))
      .map((entry) => ({ ...entry, file }));
  });
  return { unlisted, stale };
}

export function shown({
  file,
  line,
  was,
  becomes,
}: Change & { readonly file: string; readonly line?: number }): string {
  return `${file}${line === undefined ? '' : `:${line}`}\n  - ${was}\n  + ${becomes}`;
}

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();
