import type { Clock } from './clock.ts';
import type { Events, Verdict } from './events.ts';
import { type FallbackReason, fallbackReasons } from './metadata.ts';

/** How a call ended: with an HTTP status, or with an error. */
export type Outcome = { readonly status: number } | { readonly error: unknown };

/** A class of errors, for `instanceof`. */
export type ErrorClass = abstract new (...args: never[]) => unknown;

/** The circuit that asks a classifier, as far as one may need it: to tell of what a verdict cannot say. */
export interface AskingCircuit {
  readonly name: string;
  readonly events: Pick<Events, 'emit'>;
  readonly clock: Clock;
}

/** A verdict, and the reason for which a tier answers, where the verdict alone does not tell it: what is ignored goes out as it is. */
export interface ReasonedVerdict {
  readonly verdict: Verdict;
  readonly reason?: FallbackReason | undefined;
}

/** Decides what an outcome says about the dependency. */
export type Classifier = (outcome: Outcome, circuit: AskingCircuit) => Verdict | ReasonedVerdict;

/** Error classes whose verdict is fixed; `failure` is looked at first, and all other outcomes have the default verdict. */
export interface ClassifyLists {
  readonly failure?: readonly ErrorClass[];
  readonly ignore?: readonly ErrorClass[];
}

export type Classify = Classifier | ClassifyLists;

const isVerdict = (value: unknown): value is Verdict =>
  value === 'success' || value === 'failure' || value === 'ignore';

export const verdictIn = (said: Verdict | ReasonedVerdict): Verdict => (typeof said === 'string' ? said : said.verdict);

export const reasonIn = (said: Verdict | ReasonedVerdict): FallbackReason | undefined =>
  typeof said === 'string' ? undefined : said.reason;

/** Whether a classifier may say this. */
export function isClassified(value: unknown): value is Verdict | ReasonedVerdict {
  if (typeof value !== 'object' || value === null) return isVerdict(value);
  const { verdict, reason } = value as Partial<ReasonedVerdict>;
  return isVerdict(verdict) && (reason === undefined || fallbackReasons.includes(reason));
}

/**
 * The default verdicts. 2xx and 3xx are successes; 408, 5xx and errors without a status (connections, deadlines) are failures;
 * every other 4xx says something about the request and nothing about the dependency.
 */
export function defaultVerdict(outcome: Outcome): Verdict {
  if ('error' in outcome) {
    const status = statusOf(outcome.error);
    return status !== undefined && status < 400 ? 'failure' : verdictOfStatus(status ?? 500);
  }
  return verdictOfStatus(outcome.status);
}

/** Gives the error classes their verdicts, and the rest to `defaultVerdict`. */
export function verdictByLists(lists: ClassifyLists, outcome: Outcome): Verdict | undefined {
  if (!('error' in outcome)) return undefined;
  const isOf = (known: ErrorClass) => outcome.error instanceof known;
  if (lists.failure?.some(isOf)) return 'failure';
  if (lists.ignore?.some(isOf)) return 'ignore';
  return undefined;
}

function verdictOfStatus(status: number): Verdict {
  if (status >= 100 && status < 400) return 'success';
  return status >= 400 && status < 500 && status !== 408 ? 'ignore' : 'failure';
}

/** The HTTP status that an error carries as `status` or `statusCode`, as http-errors and the SDKs set them. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  if (typeof status === 'number') return status;
  return typeof statusCode === 'number' ? statusCode : undefined;
}
