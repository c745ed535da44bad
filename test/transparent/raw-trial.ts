import type { IncomingMessage, ServerResponse } from 'node:http';
import { expressHosts, type Host, koaHosts } from './hosts.ts';
import type { Page } from './journal.ts';
import { compare, type Trial } from './twins.ts';

/** A handler that has the raw response to itself, the same on every host. */
export type RawHandler = (req: IncomingMessage, res: ServerResponse, page: Page) => unknown;

/** What is sent to it, and what it shows. */
export type Sent = Omit<Trial<never, never>, 'build'>;

interface RawHost {
  readonly name: string;
  /** Expects the same with and without a breaker, in whatever place. */
  compare(handler: RawHandler, sent: Sent): Promise<void>;
  /** Expects the same with and without a breaker in `shadow`. */
  compareShadow(handler: RawHandler, sent: Sent): Promise<void>;
}

function trial<App, Middleware>(host: Host<App, Middleware>, handler: RawHandler, sent: Sent): Trial<App, Middleware> {
  return {
    ...sent,
    build(app, { use, route }, journal) {
      const own = host.raw((req, res) => {
        const page = journal.page(req);
        const work = handler(req, res, page);
        page.waitFor(work);
        return work;
      });
      host.all(app, [...use, ...route(own)]);
    },
  };
}

function rawHost<App, Middleware>(host: Host<App, Middleware>): RawHost {
  return {
    name: host.name,
    compare: (handler, sent) => compare(host, trial(host, handler, sent)),
    compareShadow: (handler, sent) => compare(host, trial(host, handler, sent), host.shadows),
  };
}

export const rawHosts: readonly RawHost[] = [...expressHosts.map(rawHost), ...koaHosts.map(rawHost)];
