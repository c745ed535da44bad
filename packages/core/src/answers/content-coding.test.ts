import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptsCodings, canDecode, contentCodings, decoded } from './content-coding.ts';

const text = '{"a":"'.padEnd(500, 'b').concat('"}');
const bytes = Buffer.from(text);

describe('decoded', () => {
  it.each([
    ['gzip', gzipSync(bytes)],
    ['X-GZip', gzipSync(bytes)],
    ['br', brotliCompressSync(bytes)],
    ['deflate', deflateSync(bytes)],
    ['deflate', deflateRawSync(bytes)],
    ['identity', bytes],
    ['deflate, gzip', gzipSync(deflateSync(bytes))],
    ['', bytes],
  ])('undoes %j', (field, body) => {
    expect(Buffer.from(decoded(body, contentCodings(field), 1000)!).toString()).toBe(text);
  });

  it('has nothing for a body that is broken, cut, or not so encoded', () => {
    expect(decoded(gzipSync(bytes).subarray(0, -9), ['gzip'], 1000)).toBeUndefined();
    expect(decoded(bytes, ['gzip'], 1000)).toBeUndefined();
    expect(decoded(bytes, ['deflate'], 1000)).toBeUndefined();
    expect(decoded(brotliCompressSync(bytes).subarray(0, -2), ['br'], 1000)).toBeUndefined();
  });

  it('has nothing for a coding that it does not know', () => {
    expect(decoded(bytes, ['zstd'], 1000)).toBeUndefined();
    expect(canDecode(['gzip', 'zstd'])).toBe(false);
    expect(canDecode(['__proto__'])).toBe(false);
    expect(canDecode(['x-gzip', 'br'])).toBe(true);
  });

  it('stops at the limit', () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    expect(decoded(bomb, ['gzip'], 100_000)).toBeUndefined();
    expect(decoded(gzipSync(bytes), ['gzip'], bytes.length)).toBeDefined();
    expect(decoded(gzipSync(bytes), ['gzip'], bytes.length - 1)).toBeUndefined();
  });

  it('undoes only so many codings', () => {
    const thrice = gzipSync(gzipSync(gzipSync(bytes)));
    expect(decoded(thrice, ['gzip', 'gzip', 'gzip'], 1000)).toBeDefined();
    expect(decoded(gzipSync(thrice), ['gzip', 'gzip', 'gzip', 'gzip'], 1000)).toBeUndefined();
  });
});

describe('acceptsCodings', () => {
  it.each([
    ['gzip', 'gzip', true],
    ['x-gzip', 'gzip', true],
    ['deflate, GZIP;q=0.5, br', 'gzip', true],
    ['*', 'br', true],
    ['*, br;q=0', 'br', false],
    ['gzip;q=0', 'gzip', false],
    ['gzip; q=0.000', 'gzip', false],
    ['br', 'gzip', false],
    ['identity', 'gzip', false],
    ['', 'gzip', false],
    [undefined, 'gzip', false],
    ['gzip', 'gzip, br', false],
    ['gzip, br', 'gzip, br', true],
    [undefined, 'identity', true],
  ])('%j takes %j: %j', (field, codings, expected) => {
    expect(acceptsCodings(field, contentCodings(codings))).toBe(expected);
  });
});
