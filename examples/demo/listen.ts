import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on loopback at `port`, or at the next free one where that is taken, and returns the port. 0 is any free port. */
export async function listen(server: Server, port: number): Promise<number> {
  const tries = port === 0 ? 1 : 20;
  for (let offset = 0; ; offset++) {
    try {
      server.listen(port + offset, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || offset + 1 >= tries) throw error;
    }
  }
}

/** Stops listening and ends every connection, those with a request under way too. */
export async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
