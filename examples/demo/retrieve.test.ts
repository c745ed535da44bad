import { describe, expect, it } from 'vitest';
import { retrieve } from './retrieve.ts';

const first = (question: string) => retrieve(question)[0]?.source;

describe('retrieve', () => {
  it('finds the document that a question is about', () => {
    expect(first('What should I do when the power goes out?')).toBe('power-cuts.md');
    expect(first('When is a boil-water notice over?')).toBe('boil-notice.md');
    expect(first('Can I pay in instalments?')).toBe('hardship.md');
  });

  it('finds nothing where the handbook has nothing on the subject', () => {
    expect(retrieve('Who won the chess championship in 1972?')).toEqual([]);
    expect(retrieve('What is the capital of France?')).toEqual([]);
    expect(retrieve('')).toEqual([]);
  });
});
