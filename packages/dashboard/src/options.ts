import type { IncomingMessage } from 'node:http';
import { Brownout, type OptionRules, parseOptions, rules } from '@brownout/core';

/** What `authorize` returns of who may: `true`, or who it is, which is shown beside what was done. */
export type Allowed = boolean | { readonly by: string };

/** All are optional. `Native` is what the host's handlers are given first: a request, or the context of Koa. */
export interface DashboardOptions<Native = IncomingMessage> {
  /** Which set of circuits. @default the process's own, `brownout` */
  readonly brownout?: Brownout;
  /**
   * Who may change circuits: `true` or `{ by: 'name' }`. Anything else, a throw or a rejection is a no. Who may not read is not asked for.
   *
   * @default nobody
   */
  readonly authorize?: (native: Native) => Allowed | Promise<Allowed>;
  /** Who may read. Who may not is still told by `health` whether the process lives, without names. To change takes this and `authorize`. @default everybody */
  readonly authorizeRead?: (native: Native) => boolean | Promise<boolean>;
  /** The path that it is found at, for a host that does not mount: other requests go on to `next`. @default wherever it is mounted */
  readonly path?: string;
  /** How many may follow the events at once; more are told to come back later. @default 100 */
  readonly maxClients?: number;
}

const optionRules: OptionRules<DashboardOptions<unknown>> = {
  brownout: rules.rule('a set of circuits, of `createBrownout`', (value) => value instanceof Brownout),
  authorize: rules.fn,
  authorizeRead: rules.fn,
  path: rules.rule(
    'a path that begins with a slash and ends with none, such as `/brownout`',
    (value) => typeof value === 'string' && /^(?:\/[^/?#]+)+$/.test(value),
  ),
  maxClients: rules.count(),
};

/** @throws OptionsError */
export function parseDashboardOptions(given: unknown): DashboardOptions<unknown> {
  return parseOptions<DashboardOptions<unknown>>('dashboard', given, optionRules);
}
