/** What `Brownout-Fallback` says of a degraded answer; nothing of a fresh one. What is stored as a stream is told by it alone. */
export function readFallback(headers) {
  const header = headers.get('brownout-fallback');
  if (header === null) return {};
  const age = /;\s*age=(\d+)/.exec(header)?.[1];
  return {
    level: /^[^;\s]+/.exec(header)?.[0],
    reason: /;\s*reason=(\w+)/.exec(header)?.[1],
    circuit: /;\s*circuit="([^"]*)"/.exec(header)?.[1],
    age: age === undefined ? undefined : Number(age),
  };
}
