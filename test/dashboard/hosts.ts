import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Brownout, CircuitOptions, StreamLimits } from '@brownout/core';
import { type Dashboard, type DashboardOptions, dashboard } from '@brownout/dashboard';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import bodyParser from '@koa/bodyparser';
import type Express from 'express';
import express5 from 'express';
import Koa3 from 'koa';
import { at } from './client.ts';

const require = createRequire(import.meta.url);
const express4 = require('express-4') as typeof Express;
const Koa2 = require('koa-2') as typeof Koa3;
const mount = require('koa-mount') as (prefix: string, app: Koa3.Middleware) => Koa3.Middleware;

/** What is mounted before the dashboard. */
export interface Behind {
  readonly parser?: boolean;
  /** `app.use(breaker(options))`. */
  readonly breaker?: CircuitOptions & {
    readonly brownout: Brownout;
    readonly circuit?: string;
    readonly stream?: StreamLimits;
  };
  /** Sets headers for other origins. */
  readonly cors?: boolean;
}

export interface DashboardHost {
  readonly name: string;
  /** An application with a dashboard at `/ops/brownout`, and `GET /app` besides. */
  create(options: DashboardOptions, behind?: Behind): { readonly server: Server; readonly dashboard: Dashboard };
}

const permissive = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' };

function expressHost(name: string, express: typeof Express): DashboardHost {
  return {
    name,
    create(options, behind = {}) {
      const app = express();
      const made = dashboard(options);
      if (behind.cors)
        app.use((_req, res, next) => {
          res.set(permissive);
          next();
        });
      if (behind.parser) app.use(express.json());
      if (behind.breaker) app.use(forExpress.breaker(behind.breaker));
      app.use(at, made);
      app.get('/app', (_req, res) => void res.send('app'));
      return { server: createServer(app), dashboard: made };
    },
  };
}

function koaHost(name: string, Koa: typeof Koa3): DashboardHost {
  return {
    name,
    create(options, behind = {}) {
      const app = new Koa();
      const made = dashboard(options);
      app.silent = true;
      if (behind.cors)
        app.use((ctx, next) => {
          ctx.set(permissive);
          return next();
        });
      if (behind.parser) app.use(bodyParser() as never);
      if (behind.breaker) app.use(forKoa.breaker(behind.breaker));
      app.use(mount(at, made));
      app.use((ctx) => {
        ctx.body = 'app';
      });
      return { server: createServer(app.callback()), dashboard: made };
    },
  };
}

const node: DashboardHost = {
  name: 'node:http',
  create(options) {
    const made = dashboard({ ...options, path: at });
    const app: RequestListener = (_req, res) => void res.end('app');
    return { server: createServer((req, res) => made(req, res, () => app(req, res))), dashboard: made };
  },
};

export const hosts: readonly DashboardHost[] = [
  expressHost('Express 5', express5),
  expressHost('Express 4', express4),
  koaHost('Koa 3', Koa3),
  koaHost('Koa 2', Koa2),
  node,
];
