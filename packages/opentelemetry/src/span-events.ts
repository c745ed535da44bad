import type { Brownout, BrownoutEventName, BrownoutEvents } from '@brownout/core';
import { trace } from '@opentelemetry/api';
import type { Facts, NameOf } from './attributes.ts';

type Told<N extends BrownoutEventName> = (event: BrownoutEvents[N]) => Facts;

/** The transitions that a span is told of, and what is told. */
const transitions: { readonly [N in BrownoutEventName]?: Told<N> } = {
  tripped: ({ rule, openMs }) => ({ ...moved('closed', 'open'), 'brownout.rule': rule, ...openFor(openMs) }),
  reopened: ({ openMs }) => ({ ...moved('half_open', 'open'), ...openFor(openMs) }),
  half_opened: () => moved('open', 'half_open'),
  closed: ({ byHand }) => ({ 'brownout.circuit.to_state': 'closed', 'brownout.by': byHand ? 'hand' : 'rule' }),
  would_trip: ({ rule }) => ({ 'brownout.rule': rule }),
  mode_changed: ({ from, to }) => ({ 'brownout.circuit.from_mode': from, 'brownout.circuit.to_mode': to }),
  reset: () => ({ 'brownout.circuit.to_state': 'closed', 'brownout.by': 'hand' }),
};

/** Tells the span that is active in the request's own context. One that is not recorded, or has ended, is told nothing. */
export function tellSpans(set: Brownout, own: Facts, nameOf: NameOf): () => void {
  const stops: (() => void)[] = [];
  const tell = <N extends BrownoutEventName>(name: N, facts: Told<N>, onSpan: (told: Facts) => Facts) => {
    const listener = (event: BrownoutEvents[N]) => {
      const span = trace.getActiveSpan();
      if (!span?.isRecording()) return;
      const circuit = nameOf((event as { readonly circuit: string }).circuit);
      const told = { ...own, 'brownout.circuit.name': circuit, ...facts(event) };
      span.addEvent(`brownout.${name}`, told);
      span.setAttributes(onSpan(told));
    };
    stops.push(set.on(name, listener, { inContext: true }));
  };
  tell('degraded', degradedFacts, ({ 'http.response.status_code': _, ...facts }) => facts);
  tell(
    'tier_failed',
    ({ level }) => ({ 'brownout.fallback.level': level }),
    () => ({}),
  );
  for (const [name, facts] of Object.entries(transitions))
    tell(name as BrownoutEventName, facts as Told<BrownoutEventName>, () => ({ 'brownout.transition': name }));
  return () => {
    for (const stop of stops) stop();
  };
}

function degradedFacts({ level, reason, status, ageMs }: BrownoutEvents['degraded']): Facts {
  return {
    'brownout.fallback.level': level,
    'brownout.fallback.reason': reason,
    'http.response.status_code': status,
    ...(ageMs !== undefined && { 'brownout.fallback.age': ageMs / 1_000 }),
  };
}

const moved = (from: string, to: string): Facts => ({
  'brownout.circuit.from_state': from,
  'brownout.circuit.to_state': to,
});
const openFor = (ms: number): Facts => ({ 'brownout.circuit.open_time': ms / 1_000 });
