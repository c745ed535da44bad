import type { Answered } from './tour-answer.ts';
import { events } from './tour-answer.ts';

/** What an answer has to be. */
export interface Expected {
  readonly status: number;
  readonly level: string;
  readonly reason?: string;
  readonly provider?: string;
  /** Words that must be in it. */
  readonly says?: string;
  /** The state of the circuit `openai` afterwards; more than one where it depends on who is quicker. */
  readonly circuit: 'closed' | 'open' | 'half_open' | readonly string[];
  /** Which circuit is named. @default 'openai' */
  readonly named?: string;
}

/** An answer, with the circuit and the upstream as they are afterwards. */
export interface Seen extends Answered {
  readonly circuit: string;
  readonly upstreamCalls: number;
}

/** What is wrong with an answer, in words; nothing if it is what it had to be. */
export function faultsOf(seen: Seen, expected: Expected, asksForEvents: boolean): string[] {
  const faults: string[] = [];
  const expect = (what: string, actual: unknown, wanted: unknown) => {
    if (![wanted].flat().includes(actual)) faults.push(`expected ${what} ${wanted}, got ${actual}`);
  };
  expect('status', seen.status, expected.status);
  expect('level', seen.level, expected.level);
  expect('reason', seen.reason, expected.reason);
  expect('circuit', seen.circuit, expected.circuit);
  if (expected.provider) expect('provider', seen.provider, expected.provider);
  if (!seen.text.includes(expected.says ?? '')) faults.push(`expected “${expected.says}” in the answer`);
  if (!seen.text) faults.push('expected some words, got none');
  if (asksForEvents && !seen.type.startsWith(events)) faults.push(`expected ${events}, got ${seen.type}`);
  if (expected.level === 'fresh' || expected.level === 'cut') {
    expect('Brownout-Fallback', seen.header, null);
    if (expected.level === 'cut') expect('tokens', seen.tokens, 10);
    return faults;
  }
  if (expected.level === 'error') return faults;
  const tag = `${expected.level}; reason=${expected.reason}; circuit="${expected.named ?? 'openai'}"`;
  if (!seen.header?.startsWith(tag)) faults.push(`expected Brownout-Fallback ${tag}, got ${seen.header}`);
  expect('Cache-Control', seen.cacheControl, 'no-store');
  if (expected.level === 'l1_cache' && seen.age === undefined) faults.push('expected an age, got none');
  if (expected.level === 'queued' && !seen.location) faults.push('expected a Location, got none');
  if (expected.level === 'unavailable' && !asksForEvents && !seen.type.startsWith('application/problem+json'))
    faults.push(`expected problem details, got ${seen.type}`);
  if (expected.reason === 'circuit_open') {
    expect('calls to the upstream', seen.upstreamCalls, 0);
    if (!seen.retryAfter) faults.push('expected a Retry-After of at least 1 s, got none');
  }
  return faults;
}
