import type { Verdict } from '../events.ts';
import type { FallbackReason } from '../metadata.ts';

/** Which circuit's `run` threw an error, and what that circuit made of it. */
export interface ErrorOwner {
  /** The name of the circuit. */
  readonly circuit: string;
  /** `refused`: the call never began. */
  readonly verdict: Verdict | 'refused';
  /** Why it was refused, or the reason that the classifier gave. */
  readonly reason?: FallbackReason | undefined;
  readonly retryAfterMs?: number | undefined;
}

interface Mark {
  readonly owner: ErrorOwner;
  readonly by: object;
  readonly era: number;
}

const marks = new WeakMap<object, Mark>();
let inFlight = 0;
let era = 0;

/** A call begins, in any circuit. */
export function entered(): void {
  inFlight++;
}

/** A call is over. When none is left, no outer call can be waiting for an error that was marked until now. */
export function left(): void {
  if (--inFlight === 0) era++;
}

/**
 * Marks an error as counted or refused by a circuit. Only while another call is in flight, since only that could be an outer
 * one: an error object that is thrown again later, as constants and test doubles are, must count again.
 */
export function mark(error: unknown, owner: ErrorOwner, by: object): void {
  if (inFlight > 0 && typeof error === 'object' && error !== null) marks.set(error, { owner, by, era });
}

/**
 * Who counted or refused this error, when it came out of an inner circuit's `run`: an outer circuit must not count it again.
 * Ask before the outer permit is settled. Errors that are no objects have no owner.
 *
 * @param except the asking circuit, whose own marks do not count
 */
export function ownerOf(error: unknown, except?: object): ErrorOwner | undefined {
  const found = marks.get(error as object);
  if (found === undefined || found.era !== era) return undefined;
  return found.by === except && found.owner.verdict !== 'refused' ? undefined : found.owner;
}
