import { describe, expect, it } from 'vitest';
import { normalisedQuestion } from './normalised-question.ts';

describe('normalisedQuestion', () => {
  it.each([
    ['What is a Circuit?', 'what is a circuit'],
    ['  what\u00a0is\n a\tcircuit ?!  ', 'what is a circuit'],
    ['Ｗｈａｔ？', 'what'],
    ['ﬁne…', 'fine'],
    ['什么是断路器？', '什么是断路器'],
    ['ما هو؟', 'ما هو'],
    ['τι είναι\u037e', 'τι είναι'],
    ['Cafe\u0301', 'café'],
  ])('makes %j into %j', (text, expected) => {
    expect(normalisedQuestion(text)).toBe(expected);
  });

  it.each([
    ['What is C#?', 'What is C?'],
    ['What is C++?', 'What is C?'],
    ['When did it end?', 'Why did it end?'],
    ['a. b', 'a b'],
    ['Is it 1.5?', 'Is it 15?'],
    ['x-1', 'x1'],
  ])('keeps %j and %j apart', (one, other) => {
    expect(normalisedQuestion(one)).not.toBe(normalisedQuestion(other));
  });

  it('keeps punctuation that stands alone, so that it is not the same as nothing', () => {
    expect(normalisedQuestion('?')).toBe('?');
    expect(normalisedQuestion(' ')).toBe('');
  });

  it.each(['İstanbul?', 'ǅ ﬀ', 'ΑΣ;', '½ … ?'])('changes nothing when it is applied again: %j', (text) => {
    const once = normalisedQuestion(text);
    expect(normalisedQuestion(once)).toBe(once);
  });
});
