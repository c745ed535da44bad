import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

describe('canonicalJson', () => {
  it('has one text for equal values, and another for others', () => {
    expect(canonicalJson({ b: 1, a: { d: [1, { y: 1, x: 2 }], c: null } })).toBe(
      '{"a":{"c":null,"d":[1,{"x":2,"y":1}]},"b":1}',
    );
    expect(canonicalJson('1')).not.toBe(canonicalJson(1));
    expect(canonicalJson('{}')).not.toBe(canonicalJson({}));
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
  });

  it('says what JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value)!)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves out members that are undefined, and asks toJSON', () => {
    expect(canonicalJson({ a: undefined, b: [null] })).toBe('{"b":[null]}');
    expect(canonicalJson({ at: new Date(0) })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
  });

  it.each([
    ['itself', undefined],
    ['in a list', ['a', undefined]],
    ['as a hole', new Array(1)],
    ['deeper', { a: [{ b: [undefined] }] }],
  ])('has no text for undefined: %s', (_, value) => {
    expect(canonicalJson(value)).toBeUndefined();
  });

  it('takes objects without a prototype', () => {
    const bare = Object.assign(Object.create(null), { text: 'a' });
    expect(canonicalJson(bare)).toBe('{"text":"a"}');
    expect(canonicalJson(Object.create(null))).toBe('{}');
  });

  const circle: unknown[] = [];
  circle.push(circle);
  class Hidden {
    readonly shown = 'a';
    readonly #text = 'b';
    get text() {
      return this.#text;
    }
  }
  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a bigint', 1n],
    ['NaN', Number.NaN],
    ['infinity', { a: Number.POSITIVE_INFINITY }],
    ['a nested function', { a: [() => 1] }],
    ['a Map', new Map([['a', 1]])],
    ['a Set', [new Set()]],
    ['URLSearchParams', new URLSearchParams('a=1')],
    ['a RegExp', /a/],
    ['a promise', { a: Promise.resolve() }],
    ['an object that hides what it holds', new Hidden()],
    ['a circle', circle],
  ])('refuses %s, which JSON would lose or confuse', (_, value) => {
    expect(() => canonicalJson(value)).toThrow();
  });

  it.each<[string, unknown]>([
    ['a long text', 'x'.repeat(262_145)],
    ['many texts', Array.from({ length: 300 }, () => 'x'.repeat(1_000))],
    ['many values', Array.from({ length: 10_000 }, () => 1)],
    ['many names', Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`n${n}`, n]))],
    ['many lists in lists', JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`)],
  ])('refuses %s: to compare that would hold others up', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(RangeError);
  });

  it('looks at no member of what has too many, and has no list made of too many bytes', () => {
    const looked = vi.fn();
    const names = Array.from({ length: 9_000 }, (_, n) => `n${n}`);
    const members = Object.defineProperties(
      {},
      Object.fromEntries(names.map((name) => [name, { enumerable: true, get: looked }])),
    );
    const bytes = Object.assign(Buffer.alloc(9_000), { toJSON: looked });
    for (const value of [members, [members], bytes, { bytes }]) expect(() => canonicalJson(value)).toThrow(RangeError);
    expect(looked).not.toHaveBeenCalled();
    expect(canonicalJson(Buffer.from('a'))).toBe('{"data":[97],"type":"Buffer"}');
  });

  it('takes what is not that large', () => {
    const value = [Array.from({ length: 2_000 }, (_, n) => ({ n })), 'x'.repeat(50_000)];
    expect(canonicalJson(value)).toBe(JSON.stringify(value));
  });
});
