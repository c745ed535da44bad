import { BrownoutError } from '@brownout/core';
import { kindOfUpstreamError } from './upstream-code.ts';

/**
 * What is wrong with an answer: nothing of it came in time (`late`), it fell silent (`stalled`), it ended without its end marker
 * (`cut`), it was no answer at all (`no_answer`), or it said itself that it has failed (`failed`).
 */
export type AnswerProblem = 'late' | 'stalled' | 'cut' | 'no_answer' | 'failed';

const messages: Readonly<Record<AnswerProblem, string>> = {
  late: 'The model said nothing in time',
  stalled: 'The model fell silent in the middle of its answer',
  cut: "The model's answer ended in the middle",
  no_answer: 'The model was reached, and gave no answer',
  failed: 'The model said that its answer has failed',
};

/**
 * The model gave no whole answer, though the SDK threw nothing. `cause` is what the upstream said of it, if anything. `status` is
 * what a host renders: 504 when time was up, 429 when the upstream said that a limit is reached, 502 else.
 */
export class OpenAIAnswerError extends BrownoutError {
  override readonly name = 'OpenAIAnswerError';
  readonly problem: AnswerProblem;
  readonly status: 429 | 502 | 504;
  readonly statusCode: 429 | 502 | 504;

  constructor(problem: AnswerProblem, options?: ErrorOptions) {
    super('ERR_ANSWER', messages[problem], options);
    this.problem = problem;
    this.status = statusOf(problem, options?.cause);
    this.statusCode = this.status;
  }
}

function statusOf(problem: AnswerProblem, cause: unknown): 429 | 502 | 504 {
  if (problem === 'late' || problem === 'stalled') return 504;
  const kind = kindOfUpstreamError(cause);
  return kind === 'rate_limited' || kind === 'insufficient_quota' ? 429 : 502;
}
