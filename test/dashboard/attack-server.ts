import process from 'node:process';
import { createBrownout } from '@brownout/core';
import { dashboard } from '@brownout/dashboard';
import express from 'express';

/** An application with 500 circuits, each of which has calls all the time, and a dashboard for as many as come. */
const [circuits, maxClients] = process.argv.slice(2).map(Number) as [number, number];
const brownout = createBrownout();
for (let n = 0; n < circuits; n++) brownout.circuit(`GET /a/route/of/some/length/${n}`);
setInterval(() => {
  for (const circuit of brownout.circuits.values()) {
    const permit = circuit.admit();
    if (permit.admitted) permit.success(Math.random() * 100);
  }
}, 500);

const app = express();
app.use('/ops/brownout', dashboard({ brownout, maxClients }));
app.get('/app', (_req, res) => void res.send('app'));
const server = app.listen(0, '127.0.0.1', () => process.send!(server.address()));
setInterval(() => {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  server.getConnections((_error, connections) =>
    process.send!({ rss, heapUsed, arrayBuffers, connections, cpuMs: (user + system) / 1_000 }),
  );
}, 1_000);
