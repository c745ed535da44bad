export * from '@brownout/core';
export { type BreakerMiddleware, breaker } from './breaker.ts';
export { guarded } from './guarded.ts';
export { jobs } from './jobs.ts';
