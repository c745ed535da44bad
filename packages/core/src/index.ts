export * from './errors.ts';
export type * from './events.ts';
