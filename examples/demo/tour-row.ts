import { styleText } from 'node:util';
import type { Seen } from './tour-faults.ts';

export const bold = (text: string) => styleText('bold', text);
export const dim = (text: string) => styleText('dim', text);
export const red = (text: string) => styleText('red', text);

const colours: Record<string, 'green' | 'blue' | 'yellow'> = { fresh: 'green', l1_cache: 'blue', excerpts: 'yellow' };
const mark = (right: boolean) => (right ? styleText('green', '✓') : red('✗'));

/** An answer in one line. */
export function rowOf(seen: Seen, right: boolean): string {
  const { status, level, reason, provider, age, retryAfter, ms, tokens, circuit, upstreamCalls } = seen;
  const cells = [
    mark(right),
    styleText(status < 400 ? 'green' : 'yellow', String(status)),
    styleText(['bold', colours[level] ?? 'red'], level.padEnd(11)),
    (reason ?? '').padEnd(12),
    `${ms.toFixed(0)} ms`.padStart(7),
    `  circuit ${circuit.padEnd(9)}`,
    provider ? dim(`by ${provider}`) : '',
    tokens ? dim(`${tokens} tokens`) : '',
    dim(reason === 'circuit_open' && upstreamCalls === 0 ? 'model not asked' : ''),
    age === undefined ? '' : dim(`age ${age} s`),
    retryAfter === undefined ? '' : dim(`retry after ${retryAfter} s`),
  ];
  return `  ${cells.filter(Boolean).join(' ')}`;
}

/** Where a job stands, in one line. */
export function jobRow(status: string, right: boolean): string {
  return `  ${mark(right)} ${bold(status)}`;
}

/** At most so much of what was said. */
export const shortened = (text: string) => (text.length > 110 ? `${text.slice(0, 109)}…` : text);
