import type { ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { nextTick } from 'node:process';
import { isEndedByClosing } from './unsent-head.ts';

/** Access logs tell the status that the client got, whatever the handler sets later. */
export function freezeStatus(res: ServerResponse, status: number): void {
  Object.defineProperty(res, 'statusCode', { get: () => status, set() {}, configurable: true, enumerable: true });
}

/**
 * A late `pipeline()` into a response that is closed throws where it is called, in a callback to the end of the process; into one
 * that does not show it, it ends like any whose target has closed. `writableEnded` shows the truth.
 */
export function hideClosing(res: ServerResponse): void {
  if (res.req.httpVersionMajor >= 2) return; // shows neither
  Object.defineProperties(res, {
    destroyed: { get: () => false, set() {}, configurable: true, enumerable: true },
    closed: { value: undefined, configurable: true },
  });
}

/**
 * Ends a response so that its client sees it broken. Destroying a stream of HTTP/2 alone would end it cleanly; and so would closing
 * the connection of a body that only that ends, as for a client of HTTP/1.0: there it is reset.
 */
export function breakOff(res: ServerResponse, destroy: () => void): void {
  const { req, socket } = res;
  if (req.httpVersionMajor >= 2) {
    (res as { stream?: ServerHttp2Stream }).stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  try {
    if (isEndedByClosing(res)) socket?.resetAndDestroy();
  } catch {} // it is none of TCP, and cannot be reset
  destroy();
}

/**
 * Takes back what a handler has corked: Node would send a chunked answer that ends corked with its end before its last bytes
 * (seen on 24). `false`: what it has corked cannot be sent, and is half out.
 */
export function uncorkAll(res: ServerResponse): boolean {
  try {
    while (res.writableCorked > 0) res.uncork();
    return true;
  } catch {
    return false;
  }
}

/**
 * What the methods and members that the gate leaves alone until then do to an answered response: nothing. `through` tells when the
 * call is our own, and `beneath` are the methods as they were.
 */
export function deadenSetters(res: ServerResponse, beneath: Setters, through: () => boolean): void {
  const target = res as unknown as Record<string, unknown>;
  for (const name of setterNames) {
    const method = beneath[name];
    if (method === undefined) continue;
    const returned = chained.has(name) ? res : undefined;
    target[name] = (...args: unknown[]) => {
      if (through()) return method.apply(res, args);
      const callback = calledBack.has(name) ? args.at(-1) : undefined;
      if (typeof callback === 'function') nextTick(callback as () => void);
      return returned;
    };
  }
  const { uncork } = beneath;
  // corked is only what Node itself has corked, or who wraps the response from outside
  target['uncork'] = () => res.writableCorked > 0 && uncork?.call(res);
  if (res.req.httpVersionMajor < 2) freezeMessage(res, through);
}

/** Who wraps `end` from outside may have the head of our answer made only later. */
function freezeMessage(res: ServerResponse, through: () => boolean): void {
  let message = res.statusMessage;
  const set = (given: string) => {
    if (through()) message = given;
  };
  Object.defineProperty(res, 'statusMessage', { get: () => message, set, configurable: true, enumerable: true });
}

const setterNames = [
  'setHeader',
  'setHeaders',
  'appendHeader',
  'removeHeader',
  'addTrailers',
  'writeContinue',
  'writeProcessing',
  'writeEarlyHints',
  'writeInformation',
  'writeHeader',
  'setTimeout',
  'cork',
] as const;
const chained: ReadonlySet<string> = new Set(['setHeader', 'setHeaders', 'appendHeader', 'writeHeader', 'setTimeout']);
const calledBack: ReadonlySet<string> = new Set([
  'writeContinue',
  'writeProcessing',
  'writeEarlyHints',
  'writeInformation',
]);

// biome-ignore lint/suspicious/noExplicitAny: they stand in for overloaded methods, and hand on whatever they are given
export type Method = (...args: any[]) => any;
type Setters = { readonly [Name in (typeof setterNames)[number] | 'uncork']?: Method | undefined };
