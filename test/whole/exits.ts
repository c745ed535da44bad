import process from 'node:process';
import { createBrownout, logTo } from '@brownout/core';
import { hosts } from '../contract/hosts.ts';
import { listen } from '../contract/servers.ts';

/** Serves every kind of answer once, closes its server, and has nothing that keeps it alive. */
const host = hosts.find(({ name }) => name === process.argv[2])!;
const brownout = createBrownout();
const say = () => {};
logTo({ info: say, warn: say, error: say }, { brownout, everyMs: 30_000 });
const server = host.create({
  use: { brownout, circuit: 'all', timeoutMs: 30_000, stream: { idleMs: 30_000, totalMs: 60_000 } },
  routes: {
    'GET /ok': (call) => call.send(200, 'ok'),
    'GET /fails': () => {
      throw new Error('as meant');
    },
    'GET /slow': async (call) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      call.send(200, 'ok');
    },
    'GET /hangs': () => new Promise(() => {}),
  },
  onError: () => {},
});
const url = await listen(server);
for (const path of ['ok', 'fails', 'slow', 'nowhere']) await (await fetch(`${url}/${path}`)).text();
await fetch(`${url}/hangs`, { signal: AbortSignal.timeout(50) }).catch(() => {});
brownout.circuit('all').forceOpen();
await (await fetch(`${url}/ok`)).text();
server.close();
server.closeIdleConnections();
process.send?.('closed');
process.disconnect?.();
