import { createServer, type RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** Listens on loopback, on a free port. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Gives a test file what starts a server; each is closed after its test. */
export function useServers(): (listener: Server | RequestListener) => Promise<string> {
  let servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers) server.closeAllConnections();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    servers = [];
  });
  return (listener) => {
    const server = listener instanceof Server ? listener : createServer(listener);
    servers.push(server);
    return listen(server);
  };
}
