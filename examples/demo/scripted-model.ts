/** What a chat completion is asked with, as far as the scripted model reads it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: unknown;
}

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/**
 * The embedded upstream's stand-in for a model: the two sentences of the prompt's context that share the most words with the
 * question. It knows nothing but the prompt, as a model that is told to answer from its context alone should.
 */
export function answerFrom(messages: readonly ChatMessage[]): string {
  const question = textOf(messages.findLast(({ role }) => role === 'user'));
  const context = textOf(messages.find(({ role }) => role === 'system')).split('# Handbook')[1] ?? '';
  const wanted = stems(question);
  const sections = context
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n');
      const heading = stems(title);
      const ranked = [...sentences.segment(lines.join(' '))].map(({ segment }, position) => {
        const own = stems(segment);
        const shared = [...wanted].filter((stem) => own.has(stem)).length;
        return { text: segment.trim(), position, score: shared + (position === 0 ? 0.5 : 0) };
      });
      const best = ranked.toSorted((a, b) => b.score - a.score).slice(0, 2);
      const score = best.reduce((sum, sentence) => sum + sentence.score, 0);
      return { title, best, score: score + 2 * [...wanted].filter((stem) => heading.has(stem)).length };
    });
  const [section] = sections.toSorted((a, b) => b.score - a.score);
  if (!section || section.score < 1)
    return 'I am sorry, the handbook says nothing about that. The customer counter in Quay Street may know more.';
  const said = section.best.toSorted((a, b) => a.position - b.position).map(({ text }) => text);
  return `${said.join(' ')} You will find this in the handbook under “${section.title.trim()}”.`;
}

function textOf(message: ChatMessage | undefined): string {
  return typeof message?.content === 'string' ? message.content : '';
}

/** The first five letters of each word of four or more: close enough to a stemmer for twenty short documents. */
function stems(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return new Set(
    words
      .filter((word) => !['what', 'when', 'where', 'does', 'should', 'the', 'and', 'for', 'how', 'with'].includes(word))
      .map((word) => word.slice(0, 5)),
  );
}
