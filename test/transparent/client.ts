import { hash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a client sees, but for the time of day. */
function withoutTimes(text: string): string {
  return text.replace(/^(Date|Last-Modified|Expires): .*$/gim, '$1: -').replace(/(expires=)[^;\r\n]*/gi, '$1-');
}

/** A long answer by its beginning, its length and its sum: a difference must still be readable. */
function short(text: string): string {
  return text.length < 4_000 ? text : `${text.slice(0, 1_000)}… ${text.length} ${hash('sha1', text)}`;
}

export function head(start: string, ...headers: string[]): string {
  return `${[`${start} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;
}

/** The head of a request on whose answer the connection ends. */
export const last = (start: string, ...headers: string[]) => head(start, 'Connection: close', ...headers);

export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the server ends the connection, to the byte; and how it ended it. */
export async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    text += chunk;
  });
  let ending = 'end';
  socket.on('error', (error) => {
    ending = (error as NodeJS.ErrnoException).code ?? 'error';
  });
  await new Promise((resolve) => {
    socket.once('end', resolve);
    socket.once('close', resolve);
  });
  socket.destroy();
  return `${short(withoutTimes(text))}<${ending}>`;
}

/** Sends these bytes and reads until the server ends the connection. */
export function raw(...requests: (string | Uint8Array)[]): (port: number) => Promise<string> {
  return async (port) => {
    const socket = await open(port);
    for (const bytes of requests) socket.write(bytes);
    return rest(socket);
  };
}

/** Reads until so many bytes have come, or this text; the socket stays paused. */
export async function until(socket: Socket, wanted: string): Promise<string> {
  let text = '';
  while (!text.includes(wanted)) {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) {
      if (socket.readableEnded || socket.destroyed) break;
      await readable(socket);
    } else text += chunk.toString('latin1');
  }
  return withoutTimes(text);
}

/** Once there is something to read, or nothing will be. */
export function readable(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['readable', 'end', 'close']) socket.off(event, done);
      resolve();
    };
    for (const event of ['readable', 'end', 'close']) socket.on(event, done);
  });
}
