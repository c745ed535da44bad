import { describe, expect, it } from 'vitest';
import { Question } from './question.ts';
import { relevanceOf } from './relevance.ts';
import { wordsOf } from './words.ts';

/** The relevance of a text in which each of the question's words is as rare as these say, or all of them equally. */
function relevance(question: string, text: string, rareness: readonly number[] = []): number {
  const asked = new Question(question);
  const counts = new Uint32Array(asked.weights.length);
  for (const term of wordsOf(text).flatMap((word) => asked.termsOf(word))) counts[term]!++;
  const rare = Float64Array.from(counts, (_, term) => rareness[term] ?? 1);
  return relevanceOf(counts, asked, rare);
}

describe('relevanceOf', () => {
  it('is the share of what the question is about', () => {
    expect(relevance('harbour bridge', 'nothing of it')).toBe(0);
    expect(relevance('bridge bakery', 'a bridge')).toBeCloseTo(0.5);
    expect(relevance('bridge bakery', 'a bridge and a bakery')).toBe(1);
  });

  it('holds less of a word in another form, and still less of one that may be a form of it', () => {
    const [same, form, like] = ['kitabı', 'kitabın', 'kitap'].map((text) => relevance('kitabı', text));
    expect(same).toBe(1);
    expect(form).toBeLessThan(same!);
    expect(like).toBeLessThan(form!);
    expect(like).toBeGreaterThan(0.5);
  });

  it('holds a name to tell the most', () => {
    const question = 'When was the bridge of Alport built?';
    expect(relevance(question, 'Alport')).toBeGreaterThan(relevance(question, 'a bridge'));
  });

  it('holds no word to be a name for being the first, or for being written with a capital like all others', () => {
    expect(relevance('Bridge in Dublin', 'Dublin')).toBeGreaterThan(0.6);
    expect(relevance('BRIDGE BAKERY', 'bridge')).toBeLessThan(0.4);
    expect(relevance('A BRIDGE BAKERY', 'bridge')).toBeCloseTo(0.5);
  });

  it('asks for no words that ask, unless there are no others', () => {
    expect(relevance('Why is there a bridge?', 'bridge')).toBeGreaterThan(0.95);
    expect(relevance('Who is who?', 'this is it')).toBeCloseTo(0.5);
  });

  it('is not ruled by the one word that is nowhere', () => {
    expect(relevance('bridge bakery', 'a bridge', [2, 9])).toBeCloseTo(0.5);
    expect(relevance('bridge bakery', 'a bridge', [0.5, 2])).toBeCloseTo(0.2);
  });
});
