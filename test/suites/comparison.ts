import type { Results } from './results.ts';

/** By suite, what fails under `enforce` as it must: by the reason, the titles. */
export type Expected = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface Difference {
  readonly title: string;
  readonly error: string;
  /** Why it must be so, where it is listed. */
  readonly because: string | undefined;
}

const passes = (results: Results, title: string): boolean => results.get(title)?.outcome === 'passed';

/** What passes in every run without a breaker, and in none with one. */
export function differences(
  bare: readonly Results[],
  injected: readonly Results[],
  listed: Expected[string] = {},
): Difference[] {
  return [...bare[0]!.keys()]
    .filter((title) => bare.every((results) => passes(results, title)))
    .filter((title) => !injected.some((results) => passes(results, title)))
    .map((title) => ({
      title,
      error: injected.map((results) => results.get(title)?.error).find((error) => error) ?? 'It did not run',
      because: Object.entries(listed).find(([, titles]) => titles.includes(title))?.[0],
    }));
}

export const unexpected = (found: readonly Difference[]): Difference[] =>
  found.filter(({ because }) => because === undefined);

/** What does not come to the same in every run: on a busy machine, tests that measure time. */
export function unsteady(runs: readonly Results[]): string[] {
  const titles = new Set(runs.flatMap((results) => [...results.keys()]));
  return [...titles].filter((title) => new Set(runs.map((results) => results.get(title)?.outcome)).size > 1);
}

/** What is listed, and does not differ. */
export function listedInVain(found: readonly Difference[], listed: Expected[string] = {}): string[] {
  return Object.values(listed)
    .flat()
    .filter((title) => !found.some((difference) => difference.title === title));
}

/** How many tests pass in one of the runs at least. */
export function passing(runs: readonly Results[]): number {
  return [...runs[0]!.keys()].filter((title) => runs.some((results) => passes(results, title))).length;
}
