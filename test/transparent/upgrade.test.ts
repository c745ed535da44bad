import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { describe, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { head, last, open, raw, rest, until } from './client.ts';
import { type RawHandler, rawHosts } from './raw-trial.ts';

/** A server that has web sockets and HTTP on one port. */
function withSockets(listener: RequestListener) {
  const server = createServer(listener);
  const sockets = new WebSocketServer({ server, path: '/socket' });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
  return server;
}

const upgrading = ['Connection: Upgrade', 'Upgrade: other'];
const answers: RawHandler = (req, res) => void res.end(`answer to ${req.url} ${req.headers.upgrade}`);

describe.each(rawHosts)('$name, with and without a breaker', (host) => {
  it('has web sockets beside its routes', async () => {
    await host.compare(answers, {
      server: withSockets,
      async client(port) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
        await once(socket, 'open');
        const before = await raw(last('GET /a'))(port);
        socket.send('one');
        const [message] = await once(socket, 'message');
        socket.close();
        await once(socket, 'close');
        const refused = await raw(head('GET /other', ...upgrading))(port);
        return [before, String(message), refused];
      },
      shows: /answer to \/a.*echo one.*400 Bad Request/,
    });
  });

  it('answers a request to upgrade that nobody takes', async () => {
    await host.compare(answers, {
      async client(port) {
        const socket = await open(port);
        socket.write(head('GET /1', ...upgrading));
        const seen = await until(socket, 'answer to /1');
        socket.destroy();
        return seen;
      },
      shows: /answer to \/1 other/,
    });
  });

  it('upgrades a connection that has answered before', async () => {
    await host.compare(answers, {
      server: (listener) =>
        createServer(listener).on('upgrade', (_req, socket) =>
          socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nraw'),
        ),
      async client(port) {
        const socket = await open(port);
        socket.write(head('GET /1'));
        const before = await until(socket, 'answer to /1');
        socket.write(head('GET /2', ...upgrading));
        return before + (await rest(socket));
      },
      shows: /answer to \/1.*101 Switching Protocols.*raw/,
    });
  });
});
