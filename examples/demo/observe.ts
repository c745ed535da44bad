import type { Brownout } from '@brownout/express';

/** What the page, and `GET /demo/state`, show of one application's circuit. */
export interface CircuitView {
  readonly name: string;
  readonly state: string;
  readonly mode: string;
  /** Milliseconds until the next probe, while that is known. */
  readonly retryAfterMs: number | undefined;
  /** How long it was to stay open when it opened last, in milliseconds. */
  readonly openMs: number;
  readonly consecutiveFailures: number;
  readonly consecutiveSuccesses: number;
  readonly calls: {
    readonly success: number;
    readonly failure: number;
    readonly ignored: number;
    readonly refused: number;
  };
  /** How many answers went out by level, `fresh` and `cut` among them. */
  readonly answers: Readonly<Record<string, number>>;
  /** The last changes of state, newest first. */
  readonly transitions: readonly Transition[];
}

export interface Transition {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly event: 'tripped' | 'half_opened' | 'reopened' | 'closed' | 'mode_changed';
  readonly detail: string | undefined;
}

/**
 * Watches one circuit by its events, and how many answers of all routes went out by level; `changed` is called after each.
 *
 * @param providers the circuits of those who answer: a success of one is a fresh answer
 */
export function observe(
  brownout: Brownout,
  name: string,
  providers: readonly string[],
  changed: () => void,
): () => CircuitView {
  const answers: Record<string, number> = { fresh: 0, l1_cache: 0, excerpts: 0, cut: 0, queued: 0, unavailable: 0 };
  const transitions: Transition[] = [];
  let openMs = 0;
  const note = (event: Transition['event'], at: number, detail?: string) => {
    transitions.unshift({ event, at, detail });
    transitions.splice(8);
    changed();
  };
  const count = (level: string) => {
    answers[level] = (answers[level] ?? 0) + 1;
    changed();
  };
  brownout.on('tripped', ({ circuit, at, rule, openMs: ms }) => {
    if (circuit !== name) return changed();
    openMs = ms;
    note('tripped', at, rule);
  });
  brownout.on('half_opened', ({ circuit, at }) => (circuit === name ? note('half_opened', at) : changed()));
  brownout.on('reopened', ({ circuit, at, openMs: ms }) => {
    if (circuit !== name) return changed();
    openMs = ms;
    note('reopened', at);
  });
  brownout.on('closed', ({ circuit, at }) => (circuit === name ? note('closed', at) : changed()));
  brownout.on('mode_changed', ({ circuit, at, to }) => (circuit === name ? note('mode_changed', at, to) : changed()));
  // The end of a stream that broke off is told as `unavailable`, too: its status was out already.
  brownout.on('degraded', ({ level, status }) => count(level === 'unavailable' && status === 200 ? 'cut' : level));
  brownout.on('settled', ({ circuit, verdict }) =>
    verdict === 'success' && providers.includes(circuit) ? count('fresh') : changed(),
  );

  return () => {
    const circuit = brownout.circuit(name);
    const { calls, consecutiveFailures, consecutiveSuccesses } = circuit.metrics();
    const { state, mode, retryAfterMs } = circuit;
    return {
      name,
      state,
      mode,
      retryAfterMs,
      openMs,
      consecutiveFailures,
      consecutiveSuccesses,
      calls,
      answers,
      transitions,
    };
  };
}
