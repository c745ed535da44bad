import { createServer } from 'node:http';
import { connect } from 'node:net';
import { createBrownout } from '@brownout/core';
import { dashboard } from '@brownout/dashboard';
import Koa from 'koa';
import { expect, it } from 'vitest';
import { useServers } from '../contract/servers.ts';
import { at } from './client.ts';

const serve = useServers();

it('is over for the middleware around it when a client leaves in the middle of a body, and has changed nothing', async () => {
  const brownout = createBrownout();
  const circuit = brownout.circuit('a');
  const authorize = () => {
    setImmediate(() => socket.destroy()); // the body is read next
    return true;
  };
  const made = dashboard({ brownout, path: at, authorize });
  const app = new Koa();
  const over = new Promise<void>((resolve) => {
    app.use(async (_ctx, next) => {
      await next();
      resolve();
    });
  });
  app.use(made);
  const url = await serve(createServer(app.callback()));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const head = ['host: a', 'content-type: application/json', 'content-length: 100'].join('\r\n');
  socket.write(`POST ${at}/circuits/a/force-open HTTP/1.1\r\n${head}\r\n\r\n{"reason":"whole, it seems"}`);
  await over;
  expect(circuit.mode).toBe('enforce');
  made.close();
});
