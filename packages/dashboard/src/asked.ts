import type { IncomingMessage } from 'node:http';

/** One request, whatever the host. */
export interface Asked {
  readonly req: IncomingMessage;
  /** What the host's handlers are given first. */
  readonly native: unknown;
  readonly method: string;
  /** As it came, below where the dashboard is found; it begins with a slash. */
  readonly path: string;
  /** What a body parser before us has made of the body; `undefined` without one. */
  readonly parsed: unknown;
}
