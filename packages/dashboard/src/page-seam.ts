import type { CircuitSummary } from './contract.ts';

/** What the first paint shows. */
export interface PageFacts {
  readonly summaries: readonly CircuitSummary[];
  /** Whether circuits can be changed here at all. */
  readonly canChange: boolean;
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A file that the page asks for. */
export interface PageFile {
  readonly type: string;
  readonly body: Uint8Array;
  readonly etag: string;
}

/** The page, as the endpoints see it. */
export interface Page {
  /** HTML that is whole without its script. */
  render(facts: PageFacts): string;
  /** The file of that name under `assets/`. */
  file(name: string): PageFile | undefined;
}
