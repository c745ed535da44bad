/** What the demo, its tour and a real model set differently, and the page shows; times in milliseconds. */
export interface Tuning {
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly failureThreshold: number;
  readonly resetTimeoutMs: number;
  readonly successThreshold: number;
}

const rules = { failureThreshold: 5, successThreshold: 2 };

/** The tour is in more of a hurry than somebody at the page, and a real model in less. */
export const tunings = {
  page: { ...rules, timeoutMs: 2_000, idleMs: 2_500, resetTimeoutMs: 5_000 },
  tour: { ...rules, timeoutMs: 500, idleMs: 600, resetTimeoutMs: 2_000 },
  realModel: { ...rules, timeoutMs: 20_000, idleMs: 10_000, resetTimeoutMs: 5_000 },
} as const satisfies Record<string, Tuning>;
