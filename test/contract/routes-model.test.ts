import { Agent, createServer, request, type Server } from 'node:http';
import { createRequire } from 'node:module';
import * as forExpress from '@brownout/express';
import { createBrownout } from '@brownout/express';
import * as forKoa from '@brownout/koa';
import Router from '@koa/router';
import type Express from 'express';
import express5 from 'express';
import fc from 'fast-check';
import Koa3 from 'koa';
import { describe, expect, it } from 'vitest';
import { useServers } from './servers.ts';

const require = createRequire(import.meta.url);
const express4 = require('express-4') as typeof Express;
const Koa2 = require('koa-2') as typeof Koa3;

type Method = 'get' | 'post' | 'all';
/** How a handler fails: by a status, thrown, or (Express) handed to `next` later. */
type Failure = 'status' | 'throw' | 'late';

interface Route {
  readonly method: Method;
  /** Literals, `:name`, and as the last one `*name`. */
  readonly path: readonly string[];
  /** It leaves every request to the routes after it. */
  readonly passes: boolean;
}

interface Mount {
  readonly mount: readonly string[];
  readonly routes: readonly Route[];
}

type Table = readonly (Route | Mount)[];

interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: readonly string[];
  readonly fails: Failure | undefined;
}

/** A route as the model has it. */
interface Row extends Route {
  readonly pattern: string;
}

const threshold = 3;

const literal = fc.constantFrom('a', 'b', 'c');
const named = (names: string) =>
  fc.oneof({ weight: 2, arbitrary: literal }, { weight: 1, arbitrary: fc.constant(names) });
const ownPath = fc.oneof(
  fc.tuple(named(':p')),
  fc.tuple(named(':p'), named(':q')),
  fc.tuple(literal, fc.constant('*w')),
  fc.tuple(fc.constant('*w')),
);
const route: fc.Arbitrary<Route> = fc.record({
  method: fc.constantFrom<Method>('get', 'get', 'post', 'all'),
  path: ownPath,
  passes: fc.boolean(),
});
const mount: fc.Arbitrary<Mount> = fc.record({
  mount: fc.oneof(fc.tuple(named(':m')), fc.tuple(literal, named(':m'))),
  routes: fc.array(route, { minLength: 1, maxLength: 3 }),
});
const table: fc.Arbitrary<Table> = fc.array(
  fc.oneof({ weight: 3, arbitrary: route }, { weight: 1, arbitrary: mount }),
  {
    minLength: 1,
    maxLength: 6,
  },
);
const ask: fc.Arbitrary<Ask> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST'),
  path: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e%20f'), { minLength: 1, maxLength: 3 }),
  fails: fc.constantFrom<Failure | undefined>(undefined, 'status', 'throw', 'late'),
});
/** Bursts: a circuit opens only after several failures in a row. */
const asks = fc.array(fc.tuple(ask, fc.integer({ min: 1, max: 4 })), { minLength: 4, maxLength: 12 });

/** What a handler does with a request that it answers. */
const failureOf = (headers: Record<string, unknown>): Failure | undefined => headers['x-fails'] as Failure | undefined;

interface Host {
  readonly name: string;
  build(table: Table, brownout: forExpress.Brownout, reached: (pattern: string) => void): Server;
  /** A lone wildcard of a mounted router matches the mount itself: Express 4. */
  readonly matchesNothing: boolean;
  /** As it is written for this host. */
  written(path: readonly string[]): string;
}

const isMount = (entry: Route | Mount): entry is Mount => 'mount' in entry;

function expressHost(name: string, express: typeof Express, wildcard: string): Host {
  const written = (path: readonly string[]) =>
    path.map((segment) => `/${segment.startsWith('*') ? wildcard : segment}`).join('');
  const add = (
    router: Express.IRouter,
    { method, path, passes }: Route,
    mount: string,
    reached: (pattern: string) => void,
  ) => {
    router[method](written(path), (req, res, next) => {
      reached(mount + written(path));
      if (passes) next();
      else {
        const failure = failureOf(req.headers);
        if (failure === 'throw') throw new Error('down');
        if (failure === 'late') setImmediate(() => next(new Error('down')));
        else res.status(failure === 'status' ? 500 : 200).send('answer');
      }
    });
  };
  return {
    name,
    written,
    matchesNothing: wildcard === '*',
    build(table, brownout, reached) {
      const app = express();
      app.set('env', 'test');
      app.use(forExpress.breaker({ brownout, fallback: [] }));
      for (const entry of table) {
        if (isMount(entry)) {
          const router = express.Router();
          for (const route of entry.routes) add(router, route, written(entry.mount), reached);
          app.use(written(entry.mount), router);
        } else add(app, entry, '', reached);
      }
      return createServer(app);
    },
  };
}

function koaHost(name: string, Koa: typeof Koa3): Host {
  const written = (path: readonly string[]) => path.map((segment) => `/${segment}`).join('');
  const add = (router: Router, { method, path, passes }: Route, mount: string, reached: (pattern: string) => void) => {
    router[method](written(path), async (ctx, next) => {
      reached(mount + written(path));
      if (passes) return next();
      const failure = failureOf(ctx.headers);
      if (failure === 'late') await new Promise(setImmediate);
      if (failure === 'late' || failure === 'throw') throw new Error('down');
      ctx.status = failure === 'status' ? 500 : 200;
      ctx.body = 'answer';
    });
  };
  return {
    name,
    written,
    matchesNothing: false,
    build(table, brownout, reached) {
      const app = new Koa();
      app.silent = true;
      app.use(forKoa.breaker({ brownout, fallback: [] }));
      const router = new Router();
      for (const entry of table) {
        if (isMount(entry)) {
          const inner = new Router();
          for (const route of entry.routes) add(inner, route, written(entry.mount), reached);
          router.use(written(entry.mount), inner.routes());
        } else add(router, entry, '', reached);
      }
      app.use(router.routes() as never);
      return createServer(app.callback());
    },
  };
}

const hosts = [
  expressHost('Express 5', express5, '*w'),
  expressHost('Express 4', express4, '*'),
  koaHost('Koa 3', Koa3),
  koaHost('Koa 2', Koa2),
];

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const rest = pattern.at(-1)?.startsWith('*') ? pattern.length - 1 : undefined;
  if (rest === undefined ? pattern.length !== path.length : path.length <= rest) return false;
  return pattern.slice(0, rest).every((segment, at) => segment.startsWith(':') || segment === path[at]);
}

/** The routes that match a request, in the order in which a host asks them. */
function lineup(table: Table, { method, path }: Ask, host: Host): Row[] {
  const rows = table.flatMap((entry): (Route & { readonly mount: readonly string[] })[] =>
    isMount(entry)
      ? entry.routes.map((route) => ({ ...route, mount: entry.mount, path: [...entry.mount, ...route.path] }))
      : [{ ...entry, mount: [] }],
  );
  const wanted = method === 'POST' ? 'post' : 'get';
  return rows
    .filter(({ method }) => method === 'all' || method === wanted)
    .filter(
      (route) =>
        matches(route.path, path) ||
        (host.matchesNothing &&
          route.mount.length === path.length &&
          route.path[path.length] === '*w' &&
          matches(route.mount, path)),
    )
    .map((route) => ({ ...route, pattern: host.written(route.path) }));
}

interface Counts {
  success: number;
  failure: number;
  ignored: number;
  refused: number;
}

/** The model of one circuit: it opens after some failures in a row, and stays open. */
class Expected {
  readonly counts: Counts = { success: 0, failure: 0, ignored: 0, refused: 0 };
  isOpen = false;
  #streak = 0;

  count(outcome: 'success' | 'failure' | 'ignored'): void {
    this.counts[outcome]++;
    if (outcome === 'success') this.#streak = 0;
    if (outcome === 'failure') this.isOpen = ++this.#streak >= threshold;
  }
}

const start = useServers();

describe.each(hosts)('Any routes of $name', (host) => {
  it('have each a circuit that counts what became of it, and refuses for no other', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(table, asks, async (table, bursts) => {
        const brownout = createBrownout({
          failureThreshold: threshold,
          failureRateThreshold: false,
          resetTimeoutMs: 300_000,
          jitter: 0,
        });
        let reached: string[] = [];
        const url = await start(host.build(table, brownout, (pattern) => reached.push(pattern)));
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        const circuits = new Map<string, Expected>();
        const leaked = new Set<string>();
        const loose = new Set<string>();
        const failed = new Map<string, string>();
        for (const one of bursts.flatMap(([one, times]) => Array.from({ length: times }, () => one))) {
          reached = [];
          const answer = await send(url, agent, one);
          const rows = lineup(table, one, host);
          const answering = rows.findIndex(({ passes }) => !passes);
          const asked = answering === -1 ? rows : rows.slice(0, answering + 1);
          const last = asked.at(-1);
          const name = last && `${one.method === 'POST' ? 'POST' : 'GET'} ${last.pattern}`;
          const circuit = name === undefined ? undefined : (circuits.get(name) ?? new Expected());
          const kind = `${name} of ${rows.map(({ pattern }) => pattern).join(' ')}`;
          if (answer.reason === 'circuit_open') {
            expect(reached).toEqual([]);
            expect({ refuses: answer.circuit, isOpen: circuit?.isOpen }).toEqual({ refuses: name, isOpen: true });
            circuit!.counts.refused++;
            refused++;
            continue;
          }
          expect(reached).toEqual(asked.map(({ pattern }) => pattern));
          if (circuit === undefined || name === undefined) {
            expect(answer.status).toBe(404);
            continue;
          }
          circuits.set(name, circuit);
          if (answering === -1 && one.method === 'HEAD') {
            // a HEAD goes on into routes of other methods, and Express tells of the last alone: it counts on this one, or on none
            expect(answer.status).toBe(404);
            loose.add(name);
          } else if (circuit.isOpen) {
            // once for each kind of path that was none of those on which the route has failed
            expect([...leaked, failed.get(name)]).not.toContain(kind);
            leaked.add(kind);
          } else if (answering === -1) circuit.count('ignored');
          else if (one.fails === undefined) circuit.count('success');
          else {
            circuit.count('failure');
            failed.set(name, kind);
          }
        }
        agent.destroy();
        for (const [name, { counts }] of circuits) {
          const { success, failure, ignored, refused } = brownout.circuit(name).metrics().calls;
          expect({ name, success, failure, refused, ignored: loose.has(name) ? counts.ignored : ignored }).toEqual({
            name,
            ...counts,
          });
        }
        expect([...brownout.circuits.keys()].filter((name) => !circuits.has(name))).toEqual([]);
      }),
      { numRuns: 50 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});

/** One request, when the one before is counted. */
function send(url: string, agent: Agent, { method, path, fails }: Ask) {
  return new Promise<{ status: number; reason: string | undefined; circuit: string | undefined }>((resolve, reject) => {
    const headers = fails === undefined ? {} : { 'x-fails': fails };
    request(`${url}/${path.join('/')}`, { agent, method, headers }, (res) => {
      const tag = String(res.headers['brownout-fallback'] ?? '');
      const reason = /reason=(\w+)/.exec(tag)?.[1];
      const circuit = /circuit="((?:[^"\\]|\\.)*)"/.exec(tag)?.[1];
      res.resume().on('end', () => setImmediate(resolve, { status: res.statusCode!, reason, circuit }));
    })
      .on('error', reject)
      .end();
  });
}
