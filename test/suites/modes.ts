import { createBrownout } from '@brownout/core';

export const modes = ['off', 'shadow', 'enforce'] as const;
export type Mode = (typeof modes)[number];
/** How a breaker that is put into an application works. */
export type Injected = Exclude<Mode, 'off'>;

export const isMode = (given: string | undefined): given is Mode => modes.some((mode) => mode === given);

/** Applications that have a breaker: a listener of a server that is one of them needs no other. */
export const guarded = new WeakSet<object>();

/**
 * The options of the breaker of one application: the defaults, with a set of circuits of its own. No circuit trips, because a test
 * that shares an application with one that fails on purpose would be refused: it is the gate that is tried here.
 */
export function optionsFor(mode: Injected) {
  return { brownout: createBrownout({ failureThreshold: false, failureRateThreshold: false }), mode };
}
