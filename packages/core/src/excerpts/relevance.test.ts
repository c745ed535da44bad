import { describe, expect, it } from 'vitest';
import { Question } from './question.ts';
import { relevanceOf } from './relevance.ts';
import { wordsOf } from './words.ts';

/** The relevance of a text, with what stands around it, in which the question's words are as rare as these say, or all equally. */
function relevance(question: string, text: string, { rareness = [] as number[], around = '' } = {}): number {
  const asked = new Question(question);
  const count = (counted: string) => {
    const counts = new Uint32Array(asked.weights.length);
    for (const term of wordsOf(counted).flatMap((word) => asked.termsOf(word))) counts[term]!++;
    return counts;
  };
  const own = count(text);
  const rare = Float64Array.from(own, (_, term) => rareness[term] ?? 1);
  return relevanceOf({ own, around: count(`${text} ${around}`) }, asked, rare);
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

  it('counts half what stands around', () => {
    expect(relevance('bridge bakery', 'a bridge', { around: 'a bakery' })).toBeCloseTo(0.75);
  });

  it('asks for the sentence that it answers best', () => {
    expect(relevance('Our garden flooded. Where is the old bridge?', 'the old bridge')).toBeGreaterThan(0.95);
    expect(relevance('Hello there! Where is the bridge of Alport? Thanks.', 'hello, thanks')).toBeLessThan(0.1);
  });

  it('takes no short remark for the question', () => {
    expect(relevance('Where is the bridge of Alport over the river Fenn? Urgent.', 'urgent')).toBe(0);
  });

  it('is not ruled by the one word that is nowhere', () => {
    expect(relevance('bridge bakery', 'a bridge', { rareness: [2, 9] })).toBeCloseTo(0.5);
    expect(relevance('bridge bakery', 'a bridge', { rareness: [0.5, 2] })).toBeCloseTo(0.2);
  });
});
