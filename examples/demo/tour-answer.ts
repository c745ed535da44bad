import { performance } from 'node:perf_hooks';

/** What an answer has to be. */
export interface Expected {
  readonly status: number;
  readonly level: string;
  readonly reason?: string;
  /** The circuit's state afterwards. */
  readonly circuit: 'closed' | 'open' | 'half_open';
}

/** One answer as a client sees it, with the circuit and the upstream as they are afterwards. */
export interface Seen extends Answered {
  readonly circuit: string;
  readonly upstreamCalls: number;
}

interface Answered {
  readonly status: number;
  /** `fresh` where nothing says that it is degraded. */
  readonly level: string;
  readonly reason: string | undefined;
  readonly age: number | undefined;
  readonly retryAfter: number | undefined;
  readonly ms: number;
  readonly text: string;
  readonly header: string | null;
  readonly cacheControl: string | null;
  readonly type: string;
}

interface Body {
  readonly answer?: string;
  readonly detail?: string;
  readonly metadata?: {
    readonly from_fallback?: boolean;
    readonly fallback_reason?: string;
    readonly fallback_level?: string;
    readonly age_seconds?: number;
    readonly retry_after?: number;
  };
}

/** Asks, and takes the answer apart. */
export async function see(url: string, question: object): Promise<Answered> {
  const began = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
  const body = (await response.json()) as Body;
  const ms = performance.now() - began;
  const { headers, status } = response;
  const { fallback_level, fallback_reason, age_seconds } = body.metadata ?? {};
  const text = (body.answer ?? body.detail ?? '').replaceAll(/\s+/g, ' ');
  return {
    status,
    level: fallback_level ?? 'fresh',
    reason: fallback_reason,
    age: age_seconds,
    retryAfter: headers.has('retry-after') ? Number(headers.get('retry-after')) : undefined,
    ms,
    text: text.length > 110 ? `${text.slice(0, 109)}…` : text,
    header: headers.get('brownout-fallback'),
    cacheControl: headers.get('cache-control'),
    type: headers.get('content-type') ?? '',
  };
}

/** What is wrong with an answer, in words; nothing if it is what it had to be. */
export function faultsOf(seen: Seen, expected: Expected): string[] {
  const faults: string[] = [];
  const expect = (what: string, actual: unknown, wanted: unknown) => {
    if (actual !== wanted) faults.push(`expected ${what} ${wanted}, got ${actual}`);
  };
  expect('status', seen.status, expected.status);
  expect('level', seen.level, expected.level);
  expect('reason', seen.reason, expected.reason);
  expect('circuit', seen.circuit, expected.circuit);
  if (!seen.text) faults.push('expected some words, got none');
  if (expected.level === 'fresh') {
    expect('Brownout-Fallback', seen.header, null);
    expect('calls to the upstream', seen.upstreamCalls, 1);
    return faults;
  }
  const tag = `${expected.level}; reason=${expected.reason}; circuit="openai"`;
  if (!seen.header?.startsWith(tag)) faults.push(`expected Brownout-Fallback ${tag}, got ${seen.header}`);
  expect('Cache-Control', seen.cacheControl, 'no-store');
  if (expected.level === 'l1_cache' && seen.age === undefined) faults.push('expected an age, got none');
  if (expected.level === 'unavailable' && !seen.type.startsWith('application/problem+json'))
    faults.push(`expected problem details, got ${seen.type}`);
  if (expected.reason === 'circuit_open') {
    expect('calls to the upstream', seen.upstreamCalls, 0);
    if (!seen.retryAfter) faults.push('expected a Retry-After of at least 1 s, got none');
  }
  return faults;
}
