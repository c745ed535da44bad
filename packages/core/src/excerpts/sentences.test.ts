import { describe, expect, it } from 'vitest';
import { sentencesOf } from './sentences.ts';

const of = (text: string, maxWidth = 400, most = 100) =>
  sentencesOf(text, maxWidth, most).map(({ start, end }) => text.slice(start, end));

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

  it('cuts a wide sentence after a clause of some length, else between words', () => {
    expect(of('one two three four, five six seven', 22)).toEqual(['one two three four,', 'five six seven']);
    expect(of('one, two three four five six seven', 20)).toEqual(['one, two three four', 'five six seven']);
  });

  it('cuts a wide sentence of a script without spaces between its words', () => {
    const parts = of('中华人民共和国是位于东亚的社会主义国家首都为北京市', 20);
    expect(parts.join('')).toBe('中华人民共和国是位于东亚的社会主义国家首都为北京市');
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(10);
    expect(parts.join('|')).not.toContain('北|京');
  });

  it('leaves out a word that is too wide by itself', () => {
    expect(of(`short ${'x'.repeat(30)} words`, 20)).toEqual(['short', 'words']);
  });

  it('measures width', () => {
    expect(sentencesOf('東京 is', 400, 9)).toEqual([{ start: 0, end: 5, width: 7 }]);
    expect(sentencesOf('👍', 400, 9)).toEqual([{ start: 0, end: 2, width: 2 }]);
  });

  it('stops after so many', () => {
    expect(of('a\n'.repeat(50), 400, 3)).toHaveLength(3);
  });
});
