import { describe, expect, it } from 'vitest';
import { Parsed, windowsOf } from './windows.ts';

const sentence = (start: number, end: number, ...terms: number[]) => ({
  start,
  end,
  width: end - start,
  text: '',
  terms,
  words: terms.length + 1,
});
const passage = (text: string, ...sentences: ReturnType<typeof sentence>[]) =>
  new Parsed({ text, shown: text, source: undefined, index: 0 }, { terms: [], words: 0 }, sentences, 3);

describe('Parsed', () => {
  const parsed = passage('aa  bb東cc', sentence(0, 2, 0, 0), sentence(4, 6, 1), sentence(7, 9, 0, 2));

  it('counts the terms and the words of any run of sentences', () => {
    const counts = new Uint32Array(3);
    expect([...parsed.count(0, 3, counts)]).toEqual([3, 1, 1]);
    expect([...parsed.count(1, 3, counts)]).toEqual([1, 1, 1]);
    expect([...parsed.count(1, 1, counts)]).toEqual([0, 0, 0]);
    expect(parsed.words(0, 2)).toBe(5);
  });

  it('measures a run with what stands between, wide characters as two', () => {
    expect(parsed.width(0, 1)).toBe(2);
    expect(parsed.width(0, 2)).toBe(6);
    expect(parsed.width(1, 3)).toBe(6);
  });
});

describe('windowsOf', () => {
  it('begins one at every sentence, as wide as fits', () => {
    const parsed = passage('aa bb cc dddd', sentence(0, 2), sentence(3, 5), sentence(6, 8), sentence(9, 13));
    expect(windowsOf(parsed, 7).map(({ first, end }) => [first, end])).toEqual([
      [0, 2],
      [1, 3],
      [2, 4],
      [3, 4],
    ]);
  });
});
