import type OpenAI from 'openai';
import type { Passage } from './retrieve.ts';
import { retrieve } from './retrieve.ts';

export interface Answer {
  readonly answer: string;
  readonly sources: readonly string[];
}

/** Answers a question from the handbook. Rejects when the model does not answer or `signal` aborts. */
export type Assistant = (question: string, signal: AbortSignal) => Promise<Answer>;

export function createAssistant(client: OpenAI, model: string): Assistant {
  return async (question, signal) => {
    const passages = retrieve(question);
    const completion = await client.chat.completions.create(
      {
        model,
        messages: [
          { role: 'system', content: instructions(passages) },
          { role: 'user', content: question },
        ],
      },
      // The breaker's deadline covers the whole call, and one loop is to retry: the caller's, told when by `Retry-After`.
      { signal, maxRetries: 0 },
    );
    const answer = completion.choices[0]?.message.content;
    if (!answer) throw new Error('The model answered without any text');
    return { answer, sources: passages.map(({ source }) => source) };
  };
}

function instructions(passages: readonly Passage[]): string {
  const handbook = passages.map(({ title, text }) => `## ${title}\n${text}`).join('\n\n');
  return `You answer customers of Alderport Light & Water in two or three sentences, from its handbook alone.
If the handbook does not say, say so.

# Handbook

${handbook || 'Nothing on this subject.'}`;
}
