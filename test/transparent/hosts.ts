import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import express5, { type Express, type RequestHandler } from 'express';
import Koa3, { type Context, type Middleware } from 'koa';

const require = createRequire(import.meta.url);
const express4 = require('express-4') as typeof express5;
const Koa2 = require('koa-2') as typeof Koa3;

/** Where the breaker is, if there is one. */
export interface Placement<Middleware> {
  readonly name: string;
  /** App-wide, behind what is outside. */
  readonly use: readonly Middleware[];
  /** The handler, with what stands before it. */
  route(handler: Middleware): Middleware[];
}

export interface Host<App, Middleware> {
  readonly name: string;
  create(): App;
  listener(app: App): RequestListener;
  readonly bare: Placement<Middleware>;
  /** Every place in which a breaker changes nothing while nothing fails. */
  readonly placements: readonly Placement<Middleware>[];
  /** Those in which it changes nothing whatever fails. */
  readonly shadows: readonly Placement<Middleware>[];
  /** A handler that has the raw request and response to itself. */
  raw(handler: (req: IncomingMessage, res: ServerResponse) => unknown): Middleware;
  /** One route at every path and method. */
  all(app: App, handlers: Middleware[]): void;
}

type Breaker<M> = (options?: object) => M;
type Guarded<M> = (handler: M, options?: object) => M;

function placements<M>(breaker: Breaker<M>, guarded: Guarded<M>, modeless: object): readonly Placement<M>[] {
  const options = (more?: object) => ({ brownout: forExpress.createBrownout(), ...modeless, ...more });
  const watched = { stream: { idleMs: 60_000, totalMs: 600_000 } };
  return [
    {
      name: 'app-wide',
      get use() {
        return [breaker(options())];
      },
      route: (handler) => [handler],
    },
    { name: 'on the route', use: [], route: (handler) => [breaker(options(watched)), handler] },
    { name: 'around the handler', use: [], route: (handler) => [guarded(handler, options({ fallback: [] }))] },
    {
      name: 'in one another',
      get use() {
        return [breaker(options())];
      },
      route: (handler) => [breaker(options()), guarded(handler, options())],
    },
  ];
}

function expressHost(name: string, express: typeof express5): Host<Express, RequestHandler> {
  const breaker = forExpress.breaker as Breaker<RequestHandler>;
  const guarded = forExpress.guarded as Guarded<RequestHandler>;
  return {
    name,
    create() {
      const app = express();
      app.set('env', 'test');
      return app;
    },
    listener: (app) => app,
    bare: { name: 'none', use: [], route: (handler) => [handler] },
    placements: placements(breaker, guarded, {}),
    shadows: placements(breaker, guarded, { mode: 'shadow', timeoutMs: 15 }),
    raw: (handler) => (req, res) => void handler(req, res),
    all(app, handlers) {
      app.all(/.*/, ...handlers);
    },
  };
}

function koaHost(name: string, Koa: typeof Koa3): Host<Koa3, Middleware> {
  const breaker = forKoa.breaker as Breaker<Middleware>;
  const guarded = forKoa.guarded as Guarded<Middleware>;
  return {
    name,
    create() {
      const app = new Koa();
      app.silent = true;
      return app;
    },
    listener: (app) => app.callback(),
    bare: { name: 'none', use: [], route: (handler) => [handler] },
    placements: placements(breaker, guarded, {}),
    shadows: placements(breaker, guarded, { mode: 'shadow', timeoutMs: 15 }),
    raw: (handler) => (ctx: Context) => {
      ctx.respond = false;
      ctx.res.statusCode = 200; // as Node has it: Koa begins with 404
      return handler(ctx.req, ctx.res) as Promise<void>;
    },
    all(app, handlers) {
      for (const handler of handlers) app.use(handler);
    },
  };
}

export const expressHosts = [expressHost('Express 5', express5), expressHost('Express 4', express4)] as const;
export const koaHosts = [koaHost('Koa 3', Koa3), koaHost('Koa 2', Koa2)] as const;
