/**
 * A preload: puts a breaker first into every application that the process makes, whatever copy of Express or Koa it is made by
 * and whatever loads its modules. Applications are known by what they do to Node's own EventEmitter as they are made.
 *
 * `INJECTED_BREAKER` says how: `shadow`, `enforce`, or `off`, which leaves all as it is.
 */
import { EventEmitter } from 'node:events';
import process from 'node:process';
import { guardListener } from './bare-listeners.ts';
import { guardExpress, isExpress } from './express-apps.ts';
import { guardKoa, isKoa } from './koa-apps.ts';
import { isMode } from './modes.ts';

const mode = process.env['INJECTED_BREAKER'];
if (!isMode(mode)) throw new Error(`Expected INJECTED_BREAKER to be off, shadow or enforce, got ${mode}.`);

if (mode !== 'off') {
  const emitter = EventEmitter as typeof EventEmitter & { init(this: EventEmitter, options: unknown): void };
  const { init } = emitter;
  emitter.init = function (options) {
    init.call(this, options);
    if (isKoa(this)) guardKoa(this, mode);
  };
  const { on } = EventEmitter.prototype;
  EventEmitter.prototype.on = EventEmitter.prototype.addListener = function (name, listener) {
    if (name === 'mount' && isExpress(this)) guardExpress(this, mode);
    return on.call(this, name, name === 'request' ? guardListener(this, listener, mode) : listener);
  };
}
