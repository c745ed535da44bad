import { breaker } from '@brownout/koa';
import type { Context, Middleware, Next } from 'koa';
import { guarded, type Injected, optionsFor } from './modes.ts';
import { countGuarded } from './results.ts';

type Composed = (ctx: Context, next?: Next) => Promise<void>;

interface KoaApp {
  callback(): object;
  createContext(req: unknown, res: unknown): object;
  handleRequest(ctx: Context, composed: Composed): unknown;
}

export function isKoa(emitter: unknown): emitter is KoaApp {
  const { callback, createContext } = emitter as Partial<KoaApp>;
  return typeof callback === 'function' && typeof createContext === 'function';
}

/** Changes each copy of Koa once: its applications handle a request by a breaker, with all of their middleware behind it. */
export function guardKoa(app: KoaApp, mode: Injected): void {
  let prototype = Object.getPrototypeOf(app) as KoaApp;
  while (!Object.hasOwn(prototype, 'createContext')) prototype = Object.getPrototypeOf(prototype);
  if (guarded.has(prototype)) return;
  guarded.add(prototype);
  const { callback, handleRequest } = prototype;
  const breakers = new WeakMap<KoaApp, Middleware>();
  prototype.handleRequest = function (ctx, composed) {
    countGuarded();
    if (!breakers.has(this)) breakers.set(this, breaker(optionsFor(mode)));
    return handleRequest.call(this, ctx, () => breakers.get(this)!(ctx, () => composed(ctx)) as Promise<void>);
  };
  prototype.callback = function () {
    const listener = callback.call(this);
    guarded.add(listener);
    return listener;
  };
}
