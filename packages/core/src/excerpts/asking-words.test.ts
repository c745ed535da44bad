import { describe, expect, it } from 'vitest';
import { askingWordsOf } from './asking-words.ts';
import { wordsOf } from './words.ts';

const askingIn = (question: string) => [...askingWordsOf(wordsOf(question))];

describe('askingWordsOf', () => {
  it('tells the words that ask from those that name', () => {
    expect(askingIn('When was the harbour dug?').sort()).toEqual(['the', 'was', 'when']);
    expect(askingIn('人口是多少？').sort()).toEqual(['多少', '是']);
    expect(askingIn('เมืองหลวงของประเทศไทยคืออะไร')).toEqual(expect.arrayContaining(['ของ', 'คือ', 'อะไร']));
  });

  it('takes a word in the language of the question', () => {
    expect(askingIn('Who won the war?')).not.toContain('war');
    expect(askingIn('Wer war der Sieger?')).toContain('war');
  });

  it('takes those of every language that it may be in', () => {
    expect(askingIn('war care').sort()).toEqual(['care', 'war']);
    expect(askingIn('harbour bridge')).toEqual([]);
  });
});
