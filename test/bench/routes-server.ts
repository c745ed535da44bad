import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import * as forExpress from '@brownout/express';
import * as forKoa from '@brownout/koa';
import express from 'express';
import Koa from 'koa';

/** One application, in a process of its own, so that the CPU time of nothing else is counted. */
const answer = { answer: 'The reservoir holds nine million litres.', sources: ['water.md'], tokens: 512 };
const brownout = forExpress.createBrownout();
const route = { brownout, circuit: 'llm' };

function expressApp(...guards: express.RequestHandler[]): RequestListener {
  const app = express();
  app.get('/ask', ...guards, (_req, res) => {
    res.json(answer);
  });
  return app;
}

function koaApp(...guards: Koa.Middleware[]): RequestListener {
  const app = new Koa();
  for (const guard of guards) app.use(guard);
  app.use((ctx) => {
    ctx.body = answer;
  });
  return app.callback();
}

const variants: Record<string, () => RequestListener> = {
  'express bare': () => expressApp(),
  'express guarded': () => expressApp(forExpress.breaker({ ...route, fallback: [] })),
  'express guarded, caching': () => expressApp(forExpress.breaker(route)),
  'express cached while open': () => expressApp(forExpress.breaker(route)),
  'koa bare': () => koaApp(),
  'koa guarded': () => koaApp(forKoa.breaker({ ...route, fallback: [] })),
  'koa guarded, caching': () => koaApp(forKoa.breaker(route)),
  'koa cached while open': () => koaApp(forKoa.breaker(route)),
};

const server = createServer(variants[process.argv[2]!]!());
server.keepAliveTimeout = 0; // connections wait for their turn
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on('message', (message) => {
  if (message === 'open') brownout.circuit('llm').forceOpen();
  const { user, system } = process.cpuUsage();
  process.send!({ cpuUs: user + system });
});
process.on('disconnect', () => process.exit());
