import type { RequestView } from '../request-view.ts';

/** More parts are no question, and would hold others up. */
const MOST_PARTS = 1000;
const names = ['question', 'query', 'q', 'prompt', 'message'];

/**
 * What a request asks, where nobody says: `question`, `query`, `q`, `prompt` or `message` of the parsed body, else of the query,
 * else the last user message of the body's `messages` (text, or the first thousand of OpenAI's content parts of type `text`).
 */
export function questionOf(request: RequestView): string | undefined {
  return named(request.body) ?? inQuery(request) ?? lastUserMessage(request.body);
}

function named(from: unknown): string | undefined {
  if (typeof from !== 'object' || from === null) return undefined;
  for (const name of names) {
    const value: unknown = (from as Record<string, unknown>)[name];
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof one === 'string' && one.trim() !== '') return one;
  }
  return undefined;
}

function inQuery({ queryObject, query }: RequestView): string | undefined {
  if (queryObject !== undefined) return named(queryObject);
  return query === '' ? undefined : named(Object.fromEntries([...new URLSearchParams(query)].reverse()));
}

function lastUserMessage(body: unknown): string | undefined {
  const messages: unknown = (body as { messages?: unknown } | null | undefined)?.messages;
  if (!Array.isArray(messages)) return undefined;
  const last: unknown = messages.findLast((message) => message?.role === 'user')?.content;
  const text = Array.isArray(last)
    ? last
        .slice(0, MOST_PARTS)
        .flatMap((part) => (part?.type === 'text' && typeof part.text === 'string' ? part.text : []))
        .join('\n')
    : last;
  return typeof text === 'string' && text.trim() !== '' ? text : undefined;
}
