import { type Clock, systemClock } from '../clock.ts';

/**
 * Milliseconds that an upstream's error asks to wait: its `retryAfterMs`, or the `retry-after-ms` or `Retry-After` of its
 * `headers` (a `Headers` or a plain object), in seconds or as a date (RFC 9110 §10.2.3). 0 when it asks for nothing.
 *
 * @param clock whose wall time a date is compared to
 */
export function retryAfterOf(error: unknown, clock: Pick<Clock, 'wall'> = systemClock): number {
  try {
    const { retryAfterMs, headers } = error as { retryAfterMs?: unknown; headers?: unknown };
    if (typeof retryAfterMs === 'number') return positive(retryAfterMs);
    if (!headers) return 0;
    const inMs = field(headers, 'retry-after-ms', 'Retry-After-Ms');
    if (inMs !== undefined) return positive(Number(inMs));
    const value = field(headers, 'retry-after', 'Retry-After');
    if (value === undefined) return 0;
    return /^\s*\d+(\.\d+)?\s*$/.test(value)
      ? positive(Number(value) * 1000)
      : positive(Date.parse(value) - clock.wall());
  } catch {
    // There is no error, or a getter of its threw: it asks for nothing that we can read.
    return 0;
  }
}

function field(headers: object, name: string, spelled: string): string | undefined {
  const { get } = headers as { get?: unknown };
  const value: unknown =
    typeof get === 'function'
      ? get.call(headers, name)
      : ((headers as Record<string, unknown>)[name] ?? (headers as Record<string, unknown>)[spelled]);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

const positive = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0);
