import type { LaterTier } from '@brownout/core';
import { NodeRequest, sendReply } from '@brownout/http';
import type { Request, RequestHandler } from 'express';

/**
 * Answers for the jobs of `queueForLater`: `const later = queueForLater({ … }); app.use(jobs(later))`. Mount it before the breaker and
 * after what the tier's `scope` needs. GET tells where a job stands, DELETE cancels it.
 */
export function jobs(later: LaterTier<Request>): RequestHandler {
  return (req, res, next) => {
    const reply = later.jobReply(new NodeRequest(req, req.originalUrl, req));
    if (reply === undefined) next();
    else sendReply(res, reply);
  };
}
