import { nextTick } from 'node:process';
import { deadenSetters, freezeStatus, type Method, uncorkAll } from './dead-response.ts';
import type { HandlerAnswer } from './handler-answer.ts';
import type { Held, HeldResponse } from './held-response.ts';
import { shieldAnswered } from './socket-shield.ts';

/**
 * Puts the gate's own methods on a response: each asks whether what it is given may go out, passes it on untouched, and tells that it
 * did. By plain assignment, which keeps the order of wrapping: who wrapped the response before is outside, who wraps it after is
 * inside.
 */
export function wrapMethods(held: HeldResponse, answer: HandlerAnswer): void {
  const res = held.res as unknown as Record<Held, Method>;
  res.writeHead = (...args) => writeHead(held, answer, args);
  res.write = (...args) => write(held, answer, args);
  res.end = (...args) => end(held, answer, args);
  res.flushHeaders = () => flushHeaders(held, answer);
  res.destroy = (...args) => destroy(held, answer, args);
}

/**
 * Makes what the handler does from now on harmless: wrappers on top of whatever was put on the response since. Inner middleware holds
 * on to our first ones, and would otherwise add its own headers and bytes to our answer. `false`: nothing can come after what it has
 * corked.
 */
export function deaden(held: HeldResponse, answer: HandlerAnswer): boolean {
  const isSent = uncorkAll(held.res);
  wrapMethods(held, answer);
  deadenSetters(held.res, held.beneath, () => held.isPassing);
  return isSent;
}

function writeHead(held: HeldResponse, answer: HandlerAnswer, args: unknown[]): unknown {
  const { res } = held;
  const status = held.phase === 'waiting' && !res.headersSent ? answer.head.give(args) : 0;
  if (status > 0 && !held.isPassing && !answer.accepts(status)) return res;
  const headers = status > 0 ? answer.wantedHeaders(status) : undefined;
  // who wraps `end` from outside may end our answer only later, and with it make its head
  if (held.phase === 'answered' && !res.headersSent) return call(held, answer, 'writeHead', [res.statusCode]);
  if (held.isDead) return res;
  const returned = call(held, answer, 'writeHead', args);
  answer.headMade(headers);
  return returned;
}

function write(held: HeldResponse, answer: HandlerAnswer, args: unknown[]): unknown {
  if (answer.isRefused()) return swallow(args);
  const more = call(held, answer, 'write', args);
  if (!held.isPassing) answer.flow(args);
  return more;
}

function end(held: HeldResponse, answer: HandlerAnswer, args: unknown[]): unknown {
  const { res } = held;
  if (answer.isRefused()) {
    swallow(args);
    // a pipeline from an iterable waits for an end that has been; this, too, lets it go on
    if (res.listenerCount('drain') > 0) nextTick(() => res.emit('drain'));
    return res;
  }
  const isOver = res.writableEnded || res.destroyed;
  const returned = call(held, answer, 'end', args);
  if (held.isPassing || isOver) return returned;
  if (held.phase === 'handed over') {
    held.phase = 'answered';
    deaden(held, answer);
    freezeStatus(res, res.statusCode);
    shieldAnswered(res);
  }
  answer.flow(args, true);
  answer.finish();
  return returned;
}

function flushHeaders(held: HeldResponse, answer: HandlerAnswer): void {
  if (answer.isRefused()) return;
  call(held, answer, 'flushHeaders', []);
  if (!held.isPassing) answer.flow([]);
}

function destroy(held: HeldResponse, answer: HandlerAnswer, args: unknown[]): unknown {
  return held.isDead || answer.isMended(args[0]) ? held.res : call(held, answer, 'destroy', args);
}

function call(held: HeldResponse, answer: HandlerAnswer, name: Held, args: unknown[]): unknown {
  let isThrown = true;
  try {
    const returned = held.call(name, args);
    isThrown = false;
    return returned;
  } finally {
    if (isThrown) answer.threw();
  }
}

/** True, so that a pipe neither stops nor takes it for an error; the callback comes, as it would have. */
function swallow(args: unknown[]): true {
  const callback = args.at(-1);
  if (typeof callback === 'function') nextTick(callback as () => void);
  return true;
}
