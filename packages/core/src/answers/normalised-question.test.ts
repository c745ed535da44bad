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

  it.each([
    ['marks', `${'?'.repeat(3_990)}x`],
    ['many marks', `${'?'.repeat(100_000)}x`],
    ['marks and spaces', `${'? '.repeat(50_000)}x`],
    ['accents out of order', `a${'\u0301\u0323'.repeat(50_000)}`],
    ['words', 'a b '.repeat(250_000)],
  ])('takes no time over %s', (_, text) => {
    const began = performance.now();
    const once = normalisedQuestion(text);
    expect(performance.now() - began).toBeLessThan(500);
    expect(normalisedQuestion(once)).toBe(once);
  });

  it('leaves a long text as it is', () => {
    expect(normalisedQuestion('Why '.repeat(2_000))).toBe('Why '.repeat(2_000));
  });
});
