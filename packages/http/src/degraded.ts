import type { ServerResponse } from 'node:http';

/** The same in every copy of this package, so that breakers of two copies know each other's answers. */
const kDegraded: unique symbol = Symbol.for('brownout.degraded') as never;

interface MarkedResponse extends ServerResponse {
  [kDegraded]?: boolean;
}

/** Whether the answer on this response came from a fallback tier. */
export function isDegraded(res: ServerResponse): boolean {
  return (res as MarkedResponse)[kDegraded] === true;
}

export function markDegraded(res: ServerResponse): void {
  (res as MarkedResponse)[kDegraded] = true;
}
