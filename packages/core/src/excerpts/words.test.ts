import { describe, expect, it } from 'vitest';
import { namesOf, stemOf, wordsOf } from './words.ts';

describe('wordsOf', () => {
  it('folds case and compatibility forms', () => {
    expect(wordsOf('The ﬁrst Ｗide WORD, 2nd!')).toEqual(['the', 'first', 'wide', 'word', '2nd']);
    expect(wordsOf('Кто ЕСТЬ кто?')).toEqual(['кто', 'есть', 'кто']);
  });

  it('keeps marks with their letters', () => {
    expect(wordsOf('हिन्दी में')).toEqual(['हिन्दी', 'में']);
  });

  it('finds words where there are no spaces, after figures and Latin letters, too', () => {
    expect(wordsOf('2015年的人口')).toEqual(expect.arrayContaining(['2015', '人口']));
    expect(wordsOf('เมืองหลวงของประเทศไทย')).toContain('ประเทศไทย');
  });

  it('finds none in what has none', () => {
    expect(wordsOf(' ?! …')).toEqual([]);
    expect(wordsOf('')).toEqual([]);
  });
});

describe('namesOf', () => {
  it('finds the words with a capital, but for the first', () => {
    expect([...namesOf('When did Łódź join the European Union?')]).toEqual(['łódź', 'european', 'union']);
    expect([...namesOf('¿Qué hizo Bolívar?')]).toEqual(['bolívar']);
    expect([...namesOf('')]).toEqual([]);
  });
});

describe('stemOf', () => {
  it('is the same for forms of a word', () => {
    for (const [a, b] of [
      ['conquered', 'conquest'],
      ['nación', 'naciones'],
      ['городов', 'города'],
      ['άνθρωπος', 'ανθρώπου'],
      ['المدينة', 'مدينة'],
      ['والكتاب', 'كتاب'],
      ['أوروبا', 'اوروبا'],
    ] as const)
      expect(stemOf(a), a).toBe(stemOf(b));
  });

  it('keeps the vowel signs of Indic scripts and Thai', () => {
    expect(stemOf('दिल')).not.toBe(stemOf('दल'));
    expect(stemOf('ไม้')).not.toBe(stemOf('ไม'));
  });
});
