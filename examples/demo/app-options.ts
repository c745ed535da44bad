import type { Dashboard } from '@brownout/dashboard';
import type { Brownout } from '@brownout/express';
import type { Assistant } from './assistant.ts';
import type { Providers } from './providers.ts';

/** What both applications are made from. */
export interface AppOptions {
  readonly brownout: Brownout;
  /** For those who operate it, at `/brownout`. */
  readonly dashboard: Dashboard;
  /** The one that `/ask` and `/ask/later` ask. */
  readonly main: Assistant;
  /** Those that `/ask/any` asks, in turn. */
  readonly providers: Providers;
  /** To the first byte, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a stream may be silent, in milliseconds. */
  readonly idleMs: number;
  /** Where errors are reported, those of requests that a tier has answered too. */
  readonly log: (error: Error) => void;
}
