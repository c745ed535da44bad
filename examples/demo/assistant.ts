import { primedStream } from '@brownout/openai';
import type OpenAI from 'openai';
import type { Passage } from './retrieve.ts';
import { retrieve } from './retrieve.ts';

export interface Answer {
  readonly answer: string;
  readonly sources: readonly string[];
  /** Who answered. */
  readonly metadata: { readonly provider: string };
}

/** An answer that has begun, and comes token by token. */
export interface AnswerStream extends Omit<Answer, 'answer'> {
  readonly tokens: AsyncIterable<string>;
}

/** Answers questions from the handbook. Both ways reject when no model answers or `signal` aborts. */
export interface Asker {
  readonly whole: (question: string, signal: AbortSignal) => Promise<Answer>;
  /** Resolves when there is a first token: until then another can still be asked. */
  readonly stream: (question: string, signal: AbortSignal) => Promise<AnswerStream>;
}

/** One model of one provider. */
export interface Assistant extends Asker {
  readonly provider: string;
}

export function createAssistant(client: OpenAI, model: string, provider: string): Assistant {
  const about = (question: string, passages: readonly Passage[]) => ({
    model,
    messages: [
      { role: 'system' as const, content: instructions(passages) },
      { role: 'user' as const, content: question },
    ],
  });
  const facts = (passages: readonly Passage[]) => ({
    sources: passages.map(({ source }) => source),
    metadata: { provider },
  });
  return {
    provider,
    async whole(question, signal) {
      const passages = retrieve(question);
      // The breaker's deadline covers the whole call, and one loop is to retry: the caller's, told when by `Retry-After`.
      const completion = await client.chat.completions.create(about(question, passages), { signal, maxRetries: 0 });
      const answer = completion.choices[0]?.message.content;
      if (!answer) throw new Error('The model answered without any text');
      return { answer, ...facts(passages) };
    },
    async stream(question, signal) {
      const passages = retrieve(question);
      const parts = await primedStream(
        (call) =>
          client.chat.completions.create(
            { ...about(question, passages), stream: true },
            { signal: call.signal, maxRetries: 0 },
          ),
        { signal },
      );
      return { tokens: tokensOf(parts), ...facts(passages) };
    },
  };
}

async function* tokensOf(parts: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<string> {
  for await (const { choices } of parts) {
    const token = choices[0]?.delta.content;
    if (token) yield token;
  }
}

function instructions(passages: readonly Passage[]): string {
  const handbook = passages.map(({ title, text }) => `## ${title}\n${text}`).join('\n\n');
  return `You answer customers of Alderport Light & Water in two or three sentences, from its handbook alone.
If the handbook does not say, say so.

# Handbook

${handbook || 'Nothing on this subject.'}`;
}
