import { createRequire } from 'node:module';
import { type BreakerOptions, breaker, guarded } from '@brownout/express';
import { breaker as forKoa } from '@brownout/koa';
import type Express from 'express';
import express5 from 'express';
import Koa3 from 'koa';
import { Rig } from './servers.ts';

const require = createRequire(import.meta.url);
const express4 = require('express-4') as typeof Express;
const Koa2 = require('koa-2') as typeof Koa3;

/** Makes a server of a host, with a breaker where there are options. */
// biome-ignore lint/suspicious/noExplicitAny: one suite for the options of two hosts, whose functions take different things
export type HostRig = (options?: BreakerOptions<any>) => Rig;

const expressRig =
  (express: typeof Express, isWrapped = false): HostRig =>
  (options) => {
    const rig = new Rig((answer) => {
      const app = express();
      app.set('env', 'test');
      const handler: Express.RequestHandler = (req, res, next) => {
        answer({ req, res, target: res, brownout: req.brownout }).catch(next);
      };
      if (options !== undefined && !isWrapped) app.use(breaker(options));
      app.all('/fuzz', options !== undefined && isWrapped ? guarded(handler, options) : handler);
      app.get('/next', (_req, res) => void res.end('next'));
      app.use(((error, _req, _res, next) => {
        rig.note(`app error: ${error.message}`);
        next(error);
      }) satisfies Express.ErrorRequestHandler);
      return app;
    });
    return rig;
  };

const koaRig =
  (Koa: typeof Koa3, raw: boolean): HostRig =>
  (options) => {
    const rig = new Rig((answer) => {
      const app = new Koa();
      app.on('error', (error: Error) => rig.note(`app error: ${error.message}`));
      if (options !== undefined) app.use(forKoa(options));
      app.use(async (ctx) => {
        if (ctx.path === '/next') ctx.body = 'next';
        if (ctx.path !== '/fuzz') return;
        if (raw) ctx.respond = false;
        const { req, res } = ctx;
        await answer({ req, res, target: raw ? res : ctx, brownout: ctx.brownout });
      });
      return app.callback();
    });
    return rig;
  };

export const expressHosts: readonly (readonly [string, HostRig])[] = [
  ['Express 5', expressRig(express5)],
  ['Express 4', expressRig(express4)],
  ['Express 5, guarded', expressRig(express5, true)],
];

export const koaHosts: readonly (readonly [string, HostRig])[] = [
  ['Koa 3, through ctx', koaRig(Koa3, false)],
  ['Koa 2, through ctx', koaRig(Koa2, false)],
];

/** Koa with handlers that answer on the raw response. */
export const rawKoaHosts: readonly (readonly [string, HostRig])[] = [
  ['Koa 3, raw', koaRig(Koa3, true)],
  ['Koa 2, raw', koaRig(Koa2, true)],
];
