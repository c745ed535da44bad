import { OpenAIAnswerError } from './answer-error.ts';

/**
 * Hands on what a call without a stream has brought, a chat completion or a response, if it is an answer. An HTML page and an
 * `{ "error": … }` come with status 200, too, and the SDK passes them on as if they were one.
 *
 * @throws OpenAIAnswerError
 */
export function expectAnswer<T>(came: T): T {
  if (typeof came !== 'object' || came === null) throw new OpenAIAnswerError('no_answer');
  const { error, status, choices, output } = came as { [K in 'error' | 'status' | 'choices' | 'output']?: unknown };
  if (error || status === 'failed' || status === 'cancelled') throw new OpenAIAnswerError('failed', { cause: error });
  const isAnswer = Array.isArray(choices) ? choices.length > 0 : Array.isArray(output);
  if (!isAnswer) throw new OpenAIAnswerError('no_answer');
  return came;
}
