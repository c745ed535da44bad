import { createServer } from 'node:http';
import { listen, stop } from '../demo/listen.ts';

/** A port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await stop(server);
  return port;
}
