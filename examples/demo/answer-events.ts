import type { AnswerStream } from './assistant.ts';

/** An answer as server-sent events: its tokens, then one that says that it is whole, where from, and by whom. */
export async function* answerEvents({ tokens, ...facts }: AnswerStream): AsyncGenerator<string> {
  for await (const token of tokens) yield `data: ${JSON.stringify({ token })}\n\n`;
  yield `event: done\ndata: ${JSON.stringify(facts)}\n\n`;
}
