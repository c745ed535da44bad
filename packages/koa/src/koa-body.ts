import { isUtf8 } from 'node:buffer';
import type { Reply } from '@brownout/core';

/** Whether Koa pipes a body that flows; where none is sent, it ends the response. */
export function isPiped(method: string | undefined, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 205 && status !== 304;
}

/** Whether Koa sends this body whole: all but what flows. */
export function isWhole(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true;
  if (typeof (body as { pipe?: unknown }).pipe === 'function') return false;
  if (Object.getPrototypeOf(body) === Object.prototype) return true; // the usual one is known at once
  return ![Blob, ReadableStream, Response].some((kind) => body instanceof kind);
}

/** A copy of the bytes of a body that Koa sends whole. @throws what `JSON.stringify` throws */
export function bytesOf(body: unknown): Buffer {
  if (body === null || body === undefined) return Buffer.alloc(0);
  return Buffer.from(typeof body === 'string' || Buffer.isBuffer(body) ? (body as string) : JSON.stringify(body));
}

/** Text as text, for middleware outside that looks at it; only UTF-8, as which Koa sends it. */
export function bodyOf({ body, headers }: Reply): string | Buffer {
  if (typeof body === 'string') return body;
  const isText = /json|^text\//.test(String(headers['content-type'])) && headers['content-encoding'] === undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isText && isUtf8(bytes) ? bytes.toString() : bytes;
}
