/** What the endpoints tell, as JSON. Times are milliseconds since the Unix epoch, durations are milliseconds. */
export interface CircuitSummary {
  name: string;
  /** Its address, relative to the dashboard's own. */
  href: string;
  state: 'closed' | 'open' | 'half_open';
  mode: 'enforce' | 'shadow' | 'forced_open' | 'disabled';
  status: 'healthy' | 'degraded' | 'failed';
  stateSince: number;
  /** What stands over the rules by hand. */
  override?: { mode: 'forced_open' | 'disabled'; why?: string; at: number };
  /** When it probes; absent unless it is open. */
  probesAt?: number;
  inFlight: number;
  /** Of the last minute. */
  callsPerMinute: number;
  /** Since it was made. */
  calls: { success: number; failure: number; ignored: number; refused: number; slow: number; late: number };
  failureRate?: number;
  failureRateThreshold?: number;
  latency?: { p50: number; p95: number; p99: number };
  /** What users were served in the last five minutes: degraded answers by level (of many, and of one that is called so, as `other`), and `handler`. */
  served: Record<string, number>;
  /** Degraded answers of the last five minutes by reason. */
  reasons: Record<string, number>;
  lastFailureAt?: number;
  lastSuccessAt?: number;
  transitions: { tripped: number; reopened: number; halfOpened: number; closed: number; wouldTrip: number };
  /** The last hour, a letter a minute, the oldest first: `c`losed, `h`alf-open, `o`pen, `-` for not known. The worst counts. */
  trail: string;
}

export interface CircuitEvent {
  /** Grows with each event of the dashboard. */
  id: number;
  at: number;
  circuit: string;
  /** The event's name, or `action` for what was done here. */
  kind: string;
  /** One plain sentence. */
  text: string;
  why?: string;
  by?: string;
}

/** The last hour, a number for each step, the oldest first; the last step is under way. */
export interface CircuitHistory {
  from: number;
  stepMs: number;
  success: number[];
  failure: number[];
  refused: number[];
  degraded: number[];
  p95: (number | null)[];
  /** The worst of each step; `null` where it is not known. */
  state: ('closed' | 'open' | 'half_open' | null)[];
}

export interface CircuitDetails extends CircuitSummary {
  options: Record<string, unknown>;
  /** The options that may be changed. */
  patchable: string[];
  /** The last 100, the newest first. */
  events: CircuitEvent[];
  history: CircuitHistory;
}
