import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import bodyParser from '@koa/bodyparser';
import Router from '@koa/router';
import type Express from 'express';
import express5 from 'express';
import Koa3 from 'koa';

const require = createRequire(import.meta.url);
const express4 = require('express-4') as typeof Express;
const Koa2 = require('koa-2') as typeof Koa3;

type Body = string | Uint8Array | Readable | object;

/** One call of a handler, whatever the host. */
export interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly body: unknown;
  readonly params: Readonly<Record<string, string>>;
  readonly brownout: forExpress.RouteHandle;
  /** Koa's context; `undefined` on Express. */
  readonly ctx?: Koa3.Context;
  /** Goes on behind the handler: on Express with an error, too. */
  readonly next: (error?: unknown) => unknown;
  /** Answers as the host's own idiom is. */
  send(status: number, body: Body, headers?: Record<string, string>): void;
}

export type Handler = (call: Call) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: one suite for the options of two hosts, whose functions take different things
export type Options = forExpress.BreakerOptions<any>;

export interface Route {
  readonly breaker?: Options;
  readonly guarded?: Options;
  /** Express: the handler is called bare, so that Express 4 loses what it rejects with. */
  readonly bare?: boolean;
  readonly handler: Handler;
}

export interface Application {
  /** Middleware before the breaker. */
  readonly before?: Handler;
  /** The middleware before the breaker goes on though a head is made. */
  readonly keepsOn?: boolean;
  /** No body parser is mounted. */
  readonly unparsed?: boolean;
  /** Middleware after all routes. */
  readonly after?: Handler;
  /** `app.use(breaker(options))`. */
  readonly use?: Options;
  /** `app.use(path, breaker(options))`; Express only. */
  readonly usePath?: string;
  readonly routes: Readonly<Record<string, Handler | Route>>;
  /** What the application's error handlers and listeners see. */
  readonly onError?: (error: unknown) => void;
  /** Express: an error handler that answers. */
  readonly errorPage?: (res: Express.Response, error: unknown) => void;
}

export interface Host {
  readonly name: string;
  readonly family: 'express' | 'koa';
  create(application: Application): Server;
}

const routeOf = (route: Handler | Route): Route => (typeof route === 'function' ? { handler: route } : route);
const methodAndPath = (key: string): ['get' | 'post', string] => {
  const [method, path] = key.split(' ') as [string, string];
  return [method.toLowerCase() as 'get' | 'post', path];
};

function expressHost(name: string, express: typeof Express): Host {
  const call = (req: Express.Request, res: Express.Response, next: Express.NextFunction): Call => ({
    next,
    req,
    res,
    body: req.body,
    params: req.params as Record<string, string>,
    brownout: req.brownout,
    send(status, body, headers = {}) {
      res.status(status).set(headers);
      if (body instanceof Readable) body.pipe(res);
      else if (body instanceof Uint8Array) res.send(Buffer.from(body));
      else if (typeof body === 'string') res.send(body);
      else res.json(body);
    },
  });
  return {
    name,
    family: 'express',
    create({ before, keepsOn, unparsed, after, use, usePath, routes, onError, errorPage }) {
      const app = express();
      if (!unparsed) app.use(express.json());
      if (before !== undefined) {
        app.use((req, res, next) => {
          before(call(req, res, next));
          if (keepsOn || !res.headersSent) next();
        });
      }
      if (use !== undefined) app.use(usePath ?? '/', forExpress.breaker(use));
      for (const [key, given] of Object.entries(routes)) {
        const { breaker, guarded, bare, handler } = routeOf(given);
        const [method, path] = methodAndPath(key);
        const direct: Express.RequestHandler = (req, res, next) => handler(call(req, res, next)) as Promise<void>;
        // Express 4 does not see a rejection: applications for it pass it on themselves
        const safe: Express.RequestHandler = (req, res, next) =>
          Promise.resolve()
            .then(() => handler(call(req, res, next)))
            .catch(next);
        const own = bare === true ? direct : safe;
        if (guarded !== undefined) app[method](path, forExpress.guarded(direct, guarded));
        else if (breaker !== undefined) app[method](path, forExpress.breaker(breaker), own);
        else app[method](path, own);
      }
      if (after !== undefined) app.use((req, res, next) => void after(call(req, res, next)));
      app.use(((error, _req, _res, next) => {
        onError?.(error);
        next(error);
      }) satisfies Express.ErrorRequestHandler);
      if (errorPage !== undefined) {
        app.use(((error, _req, res, _next) => errorPage(res, error)) satisfies Express.ErrorRequestHandler);
      }
      app.set('env', 'test');
      return createServer(app);
    },
  };
}

function koaHost(name: string, Koa: typeof Koa3): Host {
  const call = (ctx: Koa3.Context, next: Koa3.Next): Call => ({
    ctx,
    next,
    req: ctx.req,
    res: ctx.res,
    body: (ctx.request as { body?: unknown }).body,
    params: (ctx as { params?: Record<string, string> }).params ?? {},
    brownout: ctx.brownout,
    send(status, body, headers = {}) {
      ctx.status = status;
      ctx.set(headers);
      ctx.body = body instanceof Uint8Array ? Buffer.from(body) : body;
    },
  });
  return {
    name,
    family: 'koa',
    create({ before, unparsed, after, use, routes, onError }) {
      const app = new Koa();
      app.on('error', (error) => onError?.(error));
      if (!unparsed) app.use(bodyParser() as never);
      if (before !== undefined) {
        app.use(async (ctx, next) => {
          before(call(ctx as never, next));
          await next();
        });
      }
      if (use !== undefined) app.use(forKoa.breaker(use));
      const router = new Router();
      for (const [key, given] of Object.entries(routes)) {
        const { breaker, guarded, handler } = routeOf(given);
        const [method, path] = methodAndPath(key);
        const own = async (ctx: Koa3.Context, next: Koa3.Next) => {
          await handler(call(ctx, next));
        };
        if (guarded !== undefined) router[method](path, forKoa.guarded(own as never, guarded) as never);
        else if (breaker !== undefined) router[method](path, forKoa.breaker(breaker) as never, own as never);
        else router[method](path, own as never);
      }
      app.use(router.routes() as never);
      if (after !== undefined) app.use(async (ctx, next) => void after(call(ctx as never, next)));
      return createServer(app.callback());
    },
  };
}

export const hosts: readonly Host[] = [
  expressHost('Express 5', express5),
  expressHost('Express 4', express4),
  koaHost('Koa 3', Koa3),
  koaHost('Koa 2', Koa2),
];
