import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import process from 'node:process';

export type Outcome = 'passed' | 'failed' | 'skipped';

/** One line of what a reporter writes. A test that is told of twice under one number has failed if it did so once. */
interface Line {
  readonly number: number;
  readonly title: string;
  readonly outcome: Outcome;
  readonly error?: string;
}

export interface Result {
  readonly outcome: Outcome;
  /** The first line of what it failed with. */
  readonly error: string;
}

/** By title; where several have one title, those after the first have their number behind it. */
export type Results = ReadonlyMap<string, Result>;

/** Where the reporters write, by the name of a variable of the environment. */
export const resultsVariable = 'SUITE_RESULTS';

/** Called by the injection for each request that a breaker stands before. */
export function countGuarded(): void {
  appendFileSync(guardedIn(process.env[resultsVariable]!), '.');
}

/** How many requests a breaker stood before in the run that wrote this file. */
export const guardedRequests = (file: string): number =>
  existsSync(guardedIn(file)) ? statSync(guardedIn(file)).size : 0;

const guardedIn = (file: string): string => `${file}.guarded`;

/** Called by a reporter as each test ends: what has ended is told even when the process does not come to its end. */
export function record(number: number, title: string, outcome: Outcome, error?: unknown): void {
  const line: Line = { number, title, outcome, ...(error === undefined ? {} : { error: firstLine(error) }) };
  appendFileSync(process.env[resultsVariable]!, `${JSON.stringify(line)}\n`);
}

export function readResults(file: string): Results {
  const byNumber = new Map<number, Line>();
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    if (text === '') continue;
    const line = JSON.parse(text) as Line;
    if (byNumber.get(line.number)?.outcome !== 'failed') byNumber.set(line.number, line);
  }
  const results = new Map<string, Result>();
  for (const { title, outcome, error = '' } of byNumber.values()) {
    let free = title;
    for (let n = 2; results.has(free); n++) free = `${title} (${n})`;
    results.set(free, { outcome, error });
  }
  return results;
}

function firstLine(error: unknown): string {
  const text = error instanceof Error || typeof error !== 'object' ? String(error) : JSON.stringify(error);
  const lines = text.split('\n').map((line) => line.replaceAll(colours, '').trim());
  return lines.find((line) => line !== '') ?? '';
}

const colours = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
