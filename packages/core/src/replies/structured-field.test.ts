import { describe, expect, it } from 'vitest';
import { fieldItem, fieldString } from './structured-field.ts';

describe('fieldString', () => {
  it.each([
    ['openai', '"openai"'],
    ['POST /ask/:id', '"POST /ask/:id"'],
    ['', '""'],
    ['a "b" \\c', '"a \\"b\\" \\\\c"'],
    ['100%', '"100%"'],
  ])('writes %j as a String', (text, expected) => {
    expect(fieldString(text)).toBe(expected);
  });

  it.each([
    ['füü', '%"f%c3%bc%c3%bc"'],
    ['a\nb', '%"a%0ab"'],
    ['"é" 5%', '%"%22%c3%a9%22 5%25"'],
    ['\\é', '%"\\%c3%a9"'],
    ['\ud800', '%"%ef%bf%bd"'],
    ['\x7f', '%"%7f"'],
  ])('writes %j as a Display String', (text, expected) => {
    expect(fieldString(text)).toBe(expected);
  });
});

describe('fieldItem', () => {
  it.each(['l1_cache', 'circuit_open', '*', 'my:tier/2'])('writes %j as a Token', (text) => {
    expect(fieldItem(text)).toBe(text);
  });

  it.each([
    ['my tier', '"my tier"'],
    ['1st', '"1st"'],
    ['', '""'],
    ['é', '%"%c3%a9"'],
  ])('writes %j, which is no Token, as a string', (text, expected) => {
    expect(fieldItem(text)).toBe(expected);
  });
});
