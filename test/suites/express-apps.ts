import { breaker } from '@brownout/express';
import { guarded, type Injected, optionsFor } from './modes.ts';
import { countGuarded } from './results.ts';

interface Router {
  readonly stack: unknown[];
  use(middleware: unknown): void;
}

interface ExpressApp {
  handle(req: unknown, res: unknown, next: unknown): void;
  set(name: string): unknown;
  /** Express 5 makes it when it is first read, with the settings of that moment. */
  readonly router: Router;
  /** Express 4's, once it has a route or a middleware; its own two come first. */
  readonly _router?: Router;
  lazyrouter?(): void;
}

export function isExpress(emitter: unknown): emitter is ExpressApp {
  const { handle, set } = emitter as Partial<ExpressApp>;
  return typeof emitter === 'function' && typeof handle === 'function' && typeof set === 'function';
}

/** Puts the breaker in when the first request comes: until then settings that the router is made with may change. */
export function guardExpress(app: ExpressApp, mode: Injected): void {
  if (guarded.has(app)) return;
  guarded.add(app);
  const { handle } = app;
  let isDue = true;
  app.handle = function (req, res, next) {
    const router = app.lazyrouter === undefined ? app.router : app._router;
    if (isDue && router !== undefined) {
      isDue = false;
      router.use(breaker(optionsFor(mode)));
      router.stack.splice(app.lazyrouter === undefined ? 0 : 2, 0, router.stack.pop());
    }
    if (!isDue) countGuarded();
    handle.call(this, req, res, next);
  };
}
