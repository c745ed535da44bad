import type { Brownout } from '@brownout/core';

/** Makes everything happen in a set of circuits that there is a metric for, with names that are hard to write down. */
export function bustle(set: Brownout): void {
  const circuit = set.circuit('POST /ask "quoted" \\ back and \u2603, next', {
    slowCallMs: 1,
    maxConcurrent: 1,
    failureThreshold: 1,
  });
  const permit = circuit.admit();
  circuit.admit();
  if (permit.admitted) permit.failure(3_000);
  set.circuit('shadow\nof a circuit', { mode: 'shadow' });
  set.circuit('forced').forceOpen();
  set.keyed('tenant').get('acme');
  const told = { circuit: circuit.name, at: 0, status: 200, durationMs: 1, reason: 'failure' } as const;
  set.events.emit('degraded', { ...told, level: 'l1_cache', ageMs: 312_500.25 });
  set.events.emit('degraded', { ...told, level: 'a "tier" of\nmine' });
  set.events.emit('degraded', { ...told, level: 'unavailable' });
  set.events.emit('degraded', { ...told, level: 'unavailable', reason: 'drill' });
  set.events.emit('tier_failed', { circuit: circuit.name, at: 0, level: 'excerpts', error: undefined });
  set.events.emit('alert', { circuit: circuit.name, at: 0, problem: 'unauthorized', error: undefined });
  set.events.emit('store_failed', { at: 0, operation: 'get', error: undefined });
  set.events.emit('persist_failed', { at: 0, operation: 'write', file: '/a', error: undefined });
  set.events.emit('option_failed', { at: 0, option: 'classify', error: undefined });
}
