import type { IncomingMessage, ServerResponse } from 'node:http';
import { brownout as processDefault } from '@brownout/core';
import { Authority } from './authority.ts';
import { Changes } from './changes.ts';
import { Endpoints } from './endpoints.ts';
import { type KoaContext, onKoa, onNode, type Place } from './hosts.ts';
import { Live } from './live.ts';
import { type DashboardOptions, parseDashboardOptions } from './options.ts';
import { page } from './page.ts';
import { Watch } from './watch.ts';

type NodeHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;
type KoaHandler = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/** A handler for Express and `node:http`, and for Koa, whichever calls it. */
export interface Dashboard extends NodeHandler, KoaHandler {
  /** Ends every stream of events, and looks at the circuits no more. Before a server is closed: it waits for its connections. */
  close(): void;
}

/**
 * See the circuits of a set, and take control of them. `app.use('/brownout', dashboard(options))` in Express,
 * `app.use(mount('/brownout', dashboard(options)))` in Koa, or with the option `path` in any host. Mount it before a breaker for
 * the whole application, and after what tells who asks.
 *
 * @throws OptionsError
 */
export function dashboard<Native = IncomingMessage>(options?: DashboardOptions<Native>): Dashboard {
  const { brownout = processDefault, maxClients = 100, path, ...who } = parseDashboardOptions(options);
  const watch = new Watch(brownout);
  const authority = new Authority(who, brownout);
  const live = new Live(watch, authority.canChange, maxClients);
  const changes = new Changes(watch, authority);
  const endpoints = new Endpoints({ watch, authority, changes, live, page });
  const clock = setInterval(() => live.tick(), 1_000).unref();
  const place: Place = { path, answer: (asked) => endpoints.answer(asked) };

  function brownoutDashboard(
    ...args: Parameters<NodeHandler> | Parameters<KoaHandler>
  ): ReturnType<NodeHandler> | ReturnType<KoaHandler> {
    return isKoa(args) ? onKoa(place, ...args) : onNode(place, ...args);
  }
  const close = () => {
    clearInterval(clock);
    live.close();
    watch.close();
  };
  return Object.assign(brownoutDashboard as NodeHandler & KoaHandler, { close });
}

/** Koa hands over a context and a function; the others a request and a response. */
function isKoa(args: Parameters<NodeHandler> | Parameters<KoaHandler>): args is Parameters<KoaHandler> {
  return typeof args[1] === 'function';
}
