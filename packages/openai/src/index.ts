export { type AnswerProblem, OpenAIAnswerError } from './answer-error.ts';
export { brownoutFetch } from './brownout-fetch.ts';
export { classifyOpenAIError } from './classify.ts';
export { expectAnswer } from './expect-answer.ts';
export { type OpenAIOutcome, openAIOutcome } from './outcome.ts';
export { type PrimedStreamOptions, primedStream } from './primed-stream.ts';
export type { RunsCalls } from './runs-calls.ts';
export type { OpenAIOutcomeKind } from './upstream-code.ts';
export type { PartOf, PrimedStream } from './watched-stream.ts';
