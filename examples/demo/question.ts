const mostCharacters = 2_000;

/** What is wrong with the parsed body of a question, in words; nothing if it has one. */
export function questionFault(body: unknown): string | undefined {
  const question = (body as { question?: unknown } | null | undefined)?.question;
  if (typeof question !== 'string' || !question.trim())
    return 'Send JSON with a `question`: { "question": "When is the office open?" }';
  if (question.length > mostCharacters) return `A question has at most ${mostCharacters} characters.`;
  return undefined;
}
