import {
  type AlertProblem,
  type AskingCircuit,
  defaultVerdict,
  type Outcome,
  type ReasonedVerdict,
  type Verdict,
} from '@brownout/core';
import { consequences, openAIOutcome } from './outcome.ts';
import { reasonFor } from './reason.ts';
import type { OpenAIOutcomeKind } from './upstream-code.ts';

/** Errors that have been told: one may pass several circuits. */
const told = new WeakSet<object>();

/**
 * For the option `classify` of a circuit, a breaker or a set of circuits: what an error of the OpenAI SDK (v4 to v7) says of the
 * dependency, by its shape. Statuses have their default verdict. A key that is refused, a quota that is used up and a model that is gone are no failures,
 * and the event `alert`; a tier answers all the same.
 */
export function classifyOpenAIError(outcome: Outcome, circuit?: AskingCircuit): Verdict | ReasonedVerdict {
  if (!('error' in outcome)) return defaultVerdict(outcome);
  const { error } = outcome;
  const { kind, verdict } = openAIOutcome(error);
  if (isProblem(kind)) alert(kind, error as object, circuit);
  const reason = reasonFor(kind, error);
  return reason === undefined ? verdict : { verdict, reason };
}

const isProblem = (kind: OpenAIOutcomeKind): kind is AlertProblem => consequences[kind].alert;

function alert(problem: AlertProblem, error: object, circuit: AskingCircuit | undefined): void {
  if (circuit === undefined || told.has(error)) return;
  told.add(error);
  circuit.events.emit('alert', { circuit: circuit.name, at: circuit.clock.wall(), problem, error });
}
