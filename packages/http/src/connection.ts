import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';

/** Node itself destroys the responses of a connection that is gone. */
export function hasClientLeft({ req }: ServerResponse): boolean {
  return req.destroyed && (!req.complete || req.socket?.destroyed !== false);
}

/**
 * Whether the handler ended the connection: an error page does so that finds the head sent. Not while the request still comes, which
 * may be refused for its size, nor when the server is closed with all that it still does.
 */
export function isDestroyedHere({ req }: ServerResponse): boolean {
  const { socket } = req;
  if (req.httpVersionMajor >= 2 || socket?.destroyed !== true || socket.readableEnded || socket.errored) return false;
  return req.complete && (socket as { server?: Server }).server?.listening !== false;
}

/** Whether what is sent reaches nobody any more. */
export function isDisconnected(res: ServerResponse): boolean {
  const { req, socket } = res;
  if (req.httpVersionMajor >= 2) return (res as { stream?: ServerHttp2Stream }).stream?.destroyed === true;
  return res.destroyed || socket?.destroyed === true;
}

/** Whether the request has a body (RFC 9112 §6.3) that has not come whole. One without is complete only after its handler has begun. */
export function isMoreToCome({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}
