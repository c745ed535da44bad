import { readdirSync, readFileSync } from 'node:fs';
import MiniSearch from 'minisearch';

export interface Passage {
  readonly title: string;
  readonly text: string;
  /** The file it stands in. */
  readonly source: string;
  readonly score: number;
}

const folder = new URL('./documents/', import.meta.url);

const documents = readdirSync(folder)
  .filter((file) => file.endsWith('.md'))
  .sort()
  .map((file) => {
    const [heading = '', ...paragraphs] = readFileSync(new URL(file, folder), 'utf8').trim().split('\n\n');
    return { id: file, title: heading.replace(/^#\s*/, ''), text: paragraphs.join('\n\n') };
  });

const stopWords = new Set(
  `a about am an and any are as at be been before but by can could did do does for from get had has have how i if in into is
   it its like may me much must my need no not of off on or our out should so some than that the their them then there they
   this to us was we were what when where which who why will with would you your`.split(/\s+/),
);

const index = new MiniSearch<(typeof documents)[number]>({
  fields: ['title', 'text'],
  processTerm: (term) => {
    const word = term.toLowerCase();
    return stopWords.has(word) ? null : word;
  },
  searchOptions: {
    boost: { title: 3 },
    prefix: (term) => term.length > 3,
    fuzzy: (term) => (term.length > 5 ? 0.2 : false),
  },
});
index.addAll(documents);

const byId = new Map(documents.map((document) => [document.id, document]));

/** Up to three documents of the handbook that bear on the question, best first; none where it has nothing on the subject. */
export function retrieve(question: string): Passage[] {
  const words = contentWords(question);
  return index
    .search(question)
    .filter(({ queryTerms, score }, _, [best]) => queryTerms.length * 2 >= words && score >= 0.2 * best!.score)
    .slice(0, 3)
    .map(({ id, score }) => {
      const { title, text } = byId.get(id)!;
      return { title, text, source: id, score };
    });
}

function contentWords(question: string): number {
  const words = question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((word) => !stopWords.has(word))).size;
}
