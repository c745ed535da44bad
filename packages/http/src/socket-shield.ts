import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { nextTick } from 'node:process';

/** All that destroy a socket. The last two would call the first of the shield, when half of their work is done. */
type Destroying = 'destroy' | 'destroySoon' | 'resetAndDestroy';
const destroying: ReadonlySet<PropertyKey> = new Set<Destroying>(['destroy', 'destroySoon', 'resetAndDestroy']);

/**
 * An error page that finds the head made destroys `req.socket`. From now on it finds one that is the real one in all but this: to
 * destroy it first asks `mends`, and does nothing if so. What Node itself does to a connection, whose client leaves or whose server is
 * closed, does not come this way. Not on HTTP/2, where there is no such thing. What is returned puts the real one back.
 */
export function shieldSocket(req: IncomingMessage, mends: () => boolean): (() => void) | undefined {
  if (req.httpVersionMajor >= 2 || !req.socket) return undefined;
  const { socket } = req;
  const destroy = (name: Destroying, error?: Error) => {
    if (isLeaving(socket, error) || !mends()) socket[name](error);
    return shield;
  };
  // not an object that inherits: what is set on this one, the state of a timeout for instance, is set on the real one
  const shield = new Proxy(socket, {
    get: (target, name) =>
      destroying.has(name) ? destroy.bind(undefined, name as Destroying) : Reflect.get(target, name),
    set: (target, name, value) => Reflect.set(target, name, value),
  });
  req.socket = shield;
  return () => {
    if (req.socket === shield) req.socket = socket;
  };
}

/**
 * Shields the socket of a response that is answered, for ever: what comes late must not end the connection of an answer that is
 * whole. Who counts requests by their sockets when the response finishes or closes finds the real one.
 */
export function shieldAnswered(res: ServerResponse): void {
  const { req } = res;
  const unshield = shieldSocket(req, () => true);
  if (unshield === undefined) return;
  const shield = req.socket;
  const lift = () => {
    unshield();
    nextTick(() => {
      req.socket = shield;
    });
  };
  res.prependOnceListener('finish', lift);
  res.prependOnceListener('close', lift);
}

/** Node destroys a request by its socket, too, when its client has left. */
function isLeaving(socket: Socket, error: NodeJS.ErrnoException | undefined): boolean {
  return socket.readableEnded || error?.code === 'ECONNRESET';
}
