import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { excerpts } from '@brownout/core';
import MiniSearch from 'minisearch';

const require = createRequire(import.meta.url);
const bm25 = require('wink-bm25-text-search') as () => Bm25;
const { string, tokens } = require('wink-nlp-utils') as {
  string: { lowerCase: Step; tokenize0: Step };
  tokens: { removeWords: Step; stem: Step };
};

type Step = (value: never) => unknown;
interface Bm25 {
  defineConfig(config: object): void;
  definePrepTasks(tasks: Step[]): void;
  addDoc(doc: object, id: number): void;
  consolidate(): void;
  search(text: string, limit: number): [number, number][];
}

/** Finds up to three excerpts of up to 400 characters. */
type Finder = (question: string, passages: readonly string[]) => readonly string[];

interface Asked {
  readonly group: string;
  readonly question: string;
  readonly passages: readonly string[];
  readonly answers: readonly string[];
  /** As many passages about something else. */
  readonly offTopic: readonly string[];
}

interface Row {
  readonly id: number;
  readonly set: string;
  readonly lang: string;
  readonly article: string;
  readonly text: string;
}

const max = 3;
const maxChars = 400;
const rounds = 15;
const data = new URL('../../../shared/data/excerpts-dev/', import.meta.url);

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/** What the libraries are given to search in: runs of whole sentences. */
function windowsOf(passages: readonly string[]): string[] {
  return passages.flatMap((passage) => {
    const windows: string[] = [];
    let window = '';
    for (const { segment } of sentences.segment(passage)) {
      if (window !== '' && window.length + segment.length > maxChars) {
        windows.push(window);
        window = '';
      }
      window += segment;
    }
    return window === '' ? windows : [...windows, window];
  });
}

const finders: Readonly<Record<string, Finder>> = {
  brownout: (question, passages) =>
    excerpts(question, passages, { max, maxChars, minRelevance: 0 }).map(({ text }) => text),
  'brownout, gate on': (question, passages) => excerpts(question, passages, { max, maxChars }).map(({ text }) => text),
  MiniSearch(question, passages) {
    const windows = windowsOf(passages);
    const index = new MiniSearch({ fields: ['text'] });
    index.addAll(windows.map((text, id) => ({ id, text })));
    return index
      .search(question)
      .slice(0, max)
      .map(({ id }) => windows[id as number]!);
  },
  'wink-bm25'(question, passages) {
    const windows = windowsOf(passages);
    const engine = bm25();
    engine.defineConfig({ fldWeights: { text: 1 } });
    engine.definePrepTasks([string.lowerCase, string.tokenize0, tokens.removeWords, tokens.stem]);
    windows.forEach((text, id) => void engine.addDoc({ text }, id));
    if (windows.length < 3) return windows;
    engine.consolidate();
    return engine.search(question, max).map(([id]) => windows[id]!);
  },
};

function rows<T>(name: string): T[] {
  const text = readFileSync(new URL(name, data), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as T);
}

/** The development set, where it is there. */
function asked(): Asked[] | undefined {
  try {
    const passages = rows<Row>('passages.jsonl');
    const byId = new Map(passages.map((passage) => [passage.id, passage]));
    return rows<{
      set: string;
      lang: string;
      distractors: string;
      question: string;
      answers: { text: string }[];
      gold: number;
      context: number[];
    }>('questions.jsonl').map(({ set, lang, distractors, question, answers, gold, context }, at) => ({
      group: `${set} ${lang} ${distractors}`,
      question,
      answers: answers.map(({ text }) => plain(text)),
      passages: context.map((id) => byId.get(id)!.text),
      offTopic: about(passages, byId.get(gold)!, context.length, at),
    }));
  } catch {
    return undefined;
  }
}

/** So many passages in the same language from all over the other articles, others for each number. */
function about(passages: readonly Row[], { set, lang, article }: Row, count: number, number: number): string[] {
  const pool = passages.filter((other) => other.set === set && other.lang === lang && other.article !== article);
  const step = Math.floor(pool.length / count);
  return Array.from({ length: count }, (_, n) => pool[(number + n * step) % pool.length]!.text);
}

const plain = (text: string) => text.normalize('NFKC').toLowerCase();

/** Whether the words that answer stand in one of the excerpts. */
const isHit = (find: Finder, { question, passages, answers }: Asked) => {
  const texts = find(question, passages).map(plain);
  return answers.some((answer) => texts.some((text) => text.includes(answer)));
};

/** Whether a context about something else is turned away. */
const isTurnedAway = (find: Finder, { question, offTopic }: Asked) => find(question, offTopic).length === 0;

/** Of how many it is true, in percent, by group. */
const shares = (groups: readonly (readonly Asked[])[], isTrue: (one: Asked) => boolean) =>
  groups.map((group) => `${((100 * group.filter(isTrue).length) / group.length).toFixed(1)}%`.padStart(8)).join(' ');

/** A context of 50 KB, of whatever there is to quote. */
function bigContext(questions: readonly Asked[] | undefined): Pick<Asked, 'question' | 'passages'> {
  const some = questions?.flatMap(({ passages }) => passages) ?? invented();
  const passages: string[] = [];
  for (let bytes = 0, at = 0; bytes < 50_000; at++) {
    const passage = some[at % some.length]!;
    passages.push(passage);
    bytes += passage.length;
  }
  return { question: questions?.[0]?.question ?? 'How much water does the reservoir of the town hold?', passages };
}

function invented(): string[] {
  return Array.from({ length: 60 }, (_, n) =>
    Array.from({ length: 6 }, (_, at) => `In district ${n} the ${at}th reservoir holds ${n * at} million litres.`).join(
      ' ',
    ),
  );
}

/** Excerpts next to two libraries for full-text search, in one run. */
export function excerptsBench(): void {
  const questions = asked();
  console.log('\nExcerpts: milliseconds for 50 KB (median of interleaved rounds), and hit@3\n');
  const { question, passages } = bigContext(questions);
  const ms: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, find] of Object.entries(finders)) {
      const began = performance.now();
      find(question, passages);
      ms[name] = [...(ms[name] ?? []), performance.now() - began];
    }
  }
  const groups = Map.groupBy(questions ?? [], ({ group }) => group);
  const questionsOf = [...groups.values()];
  for (const [name, find] of Object.entries(finders)) {
    const median = ms[name]!.sort((a, b) => a - b)[rounds >> 1]!;
    const hits = shares(questionsOf, (one) => isHit(find, one));
    console.log(`${name.padEnd(18)} ${median.toFixed(1).padStart(6)} ms ${hits}`);
  }
  if (questions === undefined) {
    console.log('The questions for hit@3 are not there.');
    return;
  }
  const gated = finders['brownout, gate on']!;
  console.log(`${'off topic, turned away'.padEnd(28)} ${shares(questionsOf, (one) => isTurnedAway(gated, one))}`);
  console.log(`hit@3 and contexts about something else of: ${[...groups.keys()].join(', ')}`);
}
