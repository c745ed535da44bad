import {
  type AskingCircuit,
  type Classifier,
  defaultVerdict,
  isClassified,
  type Outcome,
  type ReasonedVerdict,
  reasonIn,
  verdictByLists,
} from '../classify.ts';
import type { Verdict } from '../events.ts';
import { shown } from '../options.ts';
import { ownerOf } from './attribution.ts';
import type { Machine } from './machine.ts';

/** What an outcome says about the dependency of a circuit. Never throws. */
export function judgeOutcome(outcome: Outcome, machine: Machine, circuit: AskingCircuit): Verdict | ReasonedVerdict {
  const { classify } = machine.settings;
  if (typeof classify === 'function') {
    const said = asked(classify, outcome, machine, circuit);
    if (!isInner(outcome, machine)) return said;
    const reason = reasonIn(said);
    return reason === undefined ? 'ignore' : { verdict: 'ignore', reason };
  }
  try {
    const listed = classify && verdictByLists(classify, outcome);
    return listed ?? (isInner(outcome, machine) ? 'ignore' : defaultVerdict(outcome));
  } catch {
    // A getter of the error's threw.
    return 'failure';
  }
}

/** Whether an inner circuit has counted or refused it. */
function isInner(outcome: Outcome, machine: Machine): boolean {
  const owner = 'error' in outcome ? ownerOf(outcome.error, machine) : undefined;
  return owner?.verdict === 'failure' || owner?.verdict === 'refused';
}

function asked(
  classify: Classifier,
  outcome: Outcome,
  { events, settings }: Machine,
  circuit: AskingCircuit,
): Verdict | ReasonedVerdict {
  let failure: unknown;
  try {
    const verdict: unknown = classify(outcome, circuit);
    if (isClassified(verdict)) return verdict;
    if (verdict instanceof Promise) verdict.catch(ignored);
    failure = new TypeError(
      `Expected \`classify\` to return 'success', 'failure' or 'ignore', alone or with a reason, got ${shown(verdict)}; nothing is awaited.`,
    );
  } catch (error) {
    failure = error;
  }
  events.emit('option_failed', { at: settings.clock.wall(), option: 'classify', error: failure });
  return 'failure';
}

/** The promise that a classifier returned is not awaited, and its rejection not unhandled either. */
const ignored = () => undefined;
