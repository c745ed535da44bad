import type { LaterTier } from '@brownout/core';
import { NodeRequest } from '@brownout/http';
import type { Context, Middleware } from 'koa';

/**
 * Answers for the jobs of `queueForLater`: `const later = queueForLater({ … }); app.use(jobs(later))`. Mount it before the breaker and
 * after what the tier's `scope` needs. GET tells where a job stands, DELETE cancels it.
 */
export function jobs(later: LaterTier<Context>): Middleware {
  return async (ctx, next) => {
    const reply = later.jobReply(new NodeRequest(ctx.req, ctx.originalUrl, ctx as unknown as Context));
    if (reply === undefined) {
      await next();
      return;
    }
    ctx.body = reply.status === 204 ? null : reply.body;
    ctx.status = reply.status;
    ctx.set(reply.headers);
  };
}
