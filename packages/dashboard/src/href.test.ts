import { describe, expect, it } from 'vitest';
import { hrefOf } from './href.ts';

describe('hrefOf', () => {
  it.each([
    ['openai', 'circuits/openai'],
    ['POST /ask', 'circuits/POST%20%2Fask'],
    ['GET /', 'circuits/GET%20%2F'],
    ['ANY /*', 'circuits/ANY%20%2F*'],
    ['%2F', 'circuits/%252F'],
    ['a.b..c', 'circuits/a.b..c'],
    ['🐙', 'circuits/%F0%9F%90%99'],
    ['a?b#c', 'circuits/a%3Fb%23c'],
  ])('of %s is its name', (name, href) => {
    expect(hrefOf(name)).toBe(href);
    expect(new URL(href, 'http://host/ops/').pathname).toBe(`/ops/${href}`);
  });

  it.each(['.', '..', 'a/../b', '../..', '..\\a', 'a//b', '~', '~x', 'x'.repeat(301), '🐙'.repeat(2_500)])(
    'of %s is what stands for it: no browser or proxy resolves it, and it is short',
    (name) => {
      expect(hrefOf(name)).toMatch(/^circuits\/~[\w-]{43}$/);
    },
  );
});
