import { describe, expect, it, vi } from 'vitest';
import { sentencesOf } from './sentences.ts';
import { wordSegmenter } from './words.ts';

const of = (text: string, maxWidth = 400) =>
  [...sentencesOf(text, maxWidth)].map(({ start, end }) => text.slice(start, end));

describe('sentencesOf', () => {
  it('trims what it finds', () => {
    expect(of('  One is here.  Two is there!\n\n Three? ')).toEqual(['One is here.', 'Two is there!', 'Three?']);
  });

  it('does not end a sentence after a title, an initial or an abbreviation', () => {
    expect(of('Dr. Smith met J. Brown in St. Ives. They left.')).toEqual([
      'Dr. Smith met J. Brown in St. Ives.',
      'They left.',
    ]);
    expect(of('The U.S. Army came, cf. Fig. 3 of Vol. 2. It went.')).toEqual([
      'The U.S. Army came, cf. Fig. 3 of Vol. 2.',
      'It went.',
    ]);
  });

  it('ends a sentence with its paragraph', () => {
    expect(of('Ask for Dr.\nThen wait')).toEqual(['Ask for Dr.', 'Then wait']);
  });

  it('ends sentences of other scripts', () => {
    expect(of('首都是北京。人口很多！')).toEqual(['首都是北京。', '人口很多！']);
    expect(of('यह एक वाक्य है। दूसरा वाक्य।')).toEqual(['यह एक वाक्य है।', 'दूसरा वाक्य।']);
  });

  it.each([
    ['a mark', '\u0301'],
    ['a joiner', '\u200d'],
    ['a non-joiner', '\u200c'],
  ])('keeps %s with the space before it, at the beginning and within', (_, mark) => {
    const text = `one two three ${mark}four five six seven. ${mark}Eight nine.`;
    const graphemes = new Set([...new Intl.Segmenter('und').segment(text)].map(({ index }) => index)).add(text.length);
    for (let width = 4; width < 40; width++)
      for (const { start, end } of sentencesOf(text, width))
        expect(graphemes.has(start) && graphemes.has(end), text.slice(start, end)).toBe(true);
  });

  it('cuts a wide sentence after a clause of some length, else between words', () => {
    expect(of('one two three, four five six seven', 32)).toEqual(['one two three,', 'four five six', 'seven']);
    expect(of('one, two three four five six seven', 32)).toEqual(['one, two three', 'four five six', 'seven']);
  });

  it('leaves a word whole that is as wide as may be', () => {
    expect(of(`short ${'x'.repeat(30)} words`, 30)).toEqual(['short', 'x'.repeat(30), 'words']);
  });

  it('cuts a wide sentence of a script without spaces between its words', () => {
    const parts = of('中华人民共和国是位于东亚的社会主义国家首都为北京市', 20);
    expect(parts.join('')).toBe('中华人民共和国是位于东亚的社会主义国家首都为北京市');
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(10);
    expect(parts.join('|')).not.toContain('北|京');
  });

  it('does not cut a grapheme that begins with a number sign', () => {
    expect(of('首都首都\u0600\u{14647}首', 9).join('|')).not.toContain('\u0600|');
  });

  it('leaves out a word that is too wide by itself', () => {
    expect(of(`short ${'x'.repeat(30)} words`, 20)).toEqual(['short', 'words']);
  });

  it('measures width', () => {
    expect([...sentencesOf('東京 is', 400)]).toEqual([{ start: 0, end: 5, width: 7 }]);
    expect([...sentencesOf('👍', 400)]).toEqual([{ start: 0, end: 2, width: 2 }]);
  });

  it('does not cut a word where it stops to look ahead', () => {
    const words = Array.from({ length: 3000 }, (_, n) => `can't${n}-`);
    const text = words.join('');
    const parts = of(text, 40);
    expect(parts.join('')).toBe(text);
    for (const part of parts) expect(part).toMatch(/^(?:-?can't\d+)+-?$/);
  });

  it('looks at no more than it is asked for', () => {
    const text = '首都'.repeat(1_000_000);
    const sentences = sentencesOf(`ok\n${text}`, 400);
    expect(sentences.next().value).toEqual({ start: 0, end: 2, width: 2 });
    const spied = vi.spyOn(wordSegmenter, 'segment');
    for (let n = 0; n < 5; n++) sentences.next();
    expect(spied.mock.calls.reduce((sum, [part]) => sum + part.length, 0)).toBeLessThan(5000);
    spied.mockRestore();
  });
});
