import type { Brownout } from '@brownout/express';
import type { Assistant } from './assistant.ts';

/** The breaker's options that the demo and its tour set differently, and those that the page shows. */
export interface Tuning {
  readonly timeoutMs: number;
  readonly failureThreshold: number;
  readonly resetTimeoutMs: number;
  readonly successThreshold: number;
}

/** What both applications are made from. */
export interface AppOptions {
  readonly brownout: Brownout;
  readonly assistant: Assistant;
  readonly tuning: Tuning;
  /** Where errors are reported, those of requests that a tier has answered too. */
  readonly log: (error: Error) => void;
}
