import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import type Express from 'express';
import express5 from 'express';
import Koa3 from 'koa';
import { type Asked, ask, whenSettled } from './outage.ts';
import { useServers } from './servers.ts';

const require = createRequire(import.meta.url);
const express4 = require('express-4') as typeof Express;
const Koa2 = require('koa-2') as typeof Koa3;

export type Guarding = forExpress.BreakerOptions<never>;
type Middleware = Express.RequestHandler | Koa3.Middleware;

/** A host as a list of middleware, one after the other. */
export interface Stack {
  readonly name: string;
  /** Express itself; `undefined` for Koa. */
  readonly express?: typeof Express;
  listener(...middleware: Middleware[]): RequestListener;
  breaker(options: Guarding): Middleware;
  /** A handler that answers 200. */
  gives(type: string, body: string | Buffer, headers?: Record<string, string>): Middleware;
}

function expressStack(name: string, express: typeof Express): Stack {
  return {
    name,
    express,
    listener(...middleware) {
      const app = express();
      for (const one of middleware) app.use(one as Express.RequestHandler);
      return app;
    },
    breaker: (options) => forExpress.breaker(options as never) as Express.RequestHandler,
    gives:
      (type, body, headers = {}) =>
      (_req: Express.Request, res: Express.Response) =>
        void res.type(type).set(headers).send(body),
  };
}

function koaStack(name: string, Koa: typeof Koa3): Stack {
  return {
    name,
    listener(...middleware) {
      const app = new Koa();
      app.silent = true;
      for (const one of middleware) app.use(one as Koa3.Middleware);
      return app.callback();
    },
    breaker: (options) => forKoa.breaker(options as never),
    gives:
      (type, body, headers = {}) =>
      (ctx: Koa3.Context) => {
        ctx.type = type;
        ctx.set(headers);
        ctx.body = body;
      },
  };
}

export const stacks: readonly Stack[] = [
  expressStack('Express 5', express5),
  expressStack('Express 4', express4),
  koaStack('Koa 3', Koa3),
  koaStack('Koa 2', Koa2),
];

/** Gives a test file what asks an application while all is well, and then during an outage. */
export function useOutages() {
  const start = useServers();
  return async (stack: Stack, parts: (guard: Middleware) => Middleware[], first: Asked = {}) => {
    const brownout = forExpress.createBrownout();
    const guard = stack.breaker({ brownout, circuit: 'a' });
    const url = await start(createServer(stack.listener(...parts(guard))));
    const fresh = await ask(url, first);
    await whenSettled(brownout.circuit('a'));
    brownout.circuit('a').forceOpen();
    return { fresh, ask: (asked: Asked) => ask(url, asked) };
  };
}
