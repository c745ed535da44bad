import { askingWordsOf, numberWords } from './asking-words.ts';
import { areAlike, isHan } from './likeness.ts';
import { sentencesOf } from './sentences.ts';
import { namesOf, stemOf, wordsOf } from './words.ts';

/** What a word that asks weighs, in shares of one that names. */
const ASKING = 0.1;
/** What the very form of a word adds to its stem. */
const FORM = 0.3;
/** Short words name less, whatever the language; figures and Han do not. */
const SHORT = [0.35, 0.35, 0.35, 0.7, 0.85];
const MOST_WORDS = 64;

/** What a word that is like another weighs, in shares of it. */
const LIKE = 0.4;

/** Among the words that name, a name tells most of what a question is about. */
const NAME = 2;
/** The longer a word, the less often it stands somewhere by chance. */
const LONGEST_TELLING = 8;
/** If there is no other, those that ask still decide. */
const ASKING_TELLS = 0.01;

/**
 * A question as terms by number: for each of its words the stem, then for each a word that is like it, then the very forms.
 */
export class Question {
  /** How many words it has that count. */
  readonly words: number;
  /** What a term weighs before its frequency is known. */
  readonly weights: readonly number[];
  /** For each of its words, how much it tells of the topic. */
  readonly telling: readonly number[];
  /** The words of each of its sentences. */
  readonly sentences: readonly (readonly number[])[];
  /** For each of its words, the term that is its very form. */
  readonly forms: readonly number[];
  /** What answers it has a figure in it. */
  readonly asksForNumber: boolean;
  readonly #words: readonly string[];
  readonly #stems: ReadonlyMap<string, number>;
  readonly #forms: ReadonlyMap<string, number>;
  readonly #seen = new Map<string, readonly number[]>();

  constructor(text: string) {
    const stems = new Map<string, number>();
    const words: string[] = [];
    const sentences: number[][] = [];
    for (const { start, end } of sentencesOf(text, text.length * 2)) {
      const sentence = new Set<number>();
      for (const word of wordsOf(text.slice(start, end))) {
        const stem = stemOf(word);
        if (stem === '') continue;
        if (!stems.has(stem)) {
          if (words.length === MOST_WORDS) break;
          stems.set(stem, words.length);
          words.push(word);
        }
        sentence.add(stems.get(stem)!);
      }
      sentences.push([...sentence]);
    }
    const asking = askingWordsOf(words);
    const weighed = (word: string) => (asking.has(word) ? ASKING : weightOf(word));
    const weights = words.map(weighed);
    const inflected = words.filter((word) => stemOf(word) !== word);
    const names = namesOf(text);
    this.words = words.length;
    this.sentences = sentences;
    this.telling = words.map((word) =>
      asking.has(word) ? ASKING_TELLS : tellingOf(word) * (names.has(word) ? NAME : 1),
    );
    this.forms = words.map((word, index) => {
      const form = inflected.indexOf(word);
      return form === -1 ? index : 2 * words.length + form;
    });
    this.asksForNumber = words.some((word) => numberWords.has(word));
    this.weights = [
      ...weights,
      ...weights.map((weight) => LIKE * weight),
      ...inflected.map((word) => FORM * weighed(word)),
    ];
    this.#words = words;
    this.#stems = stems;
    this.#forms = new Map(inflected.map((word, index) => [word, 2 * words.length + index]));
  }

  /** Whether a word of it is written in Han. */
  isHan(word: number): boolean {
    return isHan(this.#words[word]!);
  }

  /** The terms that a word of a passage is. */
  termsOf(word: string): readonly number[] {
    let terms = this.#seen.get(word);
    if (terms === undefined) {
      terms = this.#find(word);
      this.#seen.set(word, terms);
    }
    return terms;
  }

  #find(word: string): readonly number[] {
    const found: number[] = [];
    const stem = this.#stems.get(stemOf(word));
    if (stem !== undefined) found.push(stem);
    for (let index = 0; index < this.words; index++)
      if (index !== stem && areAlike(this.#words[index]!, word)) found.push(this.words + index);
    const form = this.#forms.get(word);
    if (form !== undefined) found.push(form);
    return found.length === 0 ? none : found;
  }
}

const none: readonly number[] = [];

const tellingOf = (word: string) => weightOf(word) * Math.sqrt(Math.min(word.length, LONGEST_TELLING));

function weightOf(word: string): number {
  return /[\p{N}\p{sc=Han}]/u.test(word) ? 1 : (SHORT[word.length] ?? 1);
}
