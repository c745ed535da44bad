import { NodeRequest } from '@brownout/http';
import type { Context } from 'koa';

/** What the core sees of a request of Koa. */
export class KoaRequest<C extends Context> extends NodeRequest<C> {
  override get body(): unknown {
    return (this.native.request as { body?: unknown }).body;
  }

  override get queryObject(): unknown {
    return this.native.query;
  }

  override get application(): object {
    return this.native.app;
  }
}
