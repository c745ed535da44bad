export * from '@brownout/core';
export { breaker } from './breaker.ts';
export { guarded } from './guarded.ts';
export { jobs } from './jobs.ts';
