import { describe, expect, it } from 'vitest';
import { areAlike } from './likeness.ts';

describe('areAlike', () => {
  it('holds short words with a long common beginning to be forms of one', () => {
    expect(areAlike('kitabı', 'kitap')).toBe(true);
    expect(areAlike('реки', 'реке')).toBe(true);
    expect(areAlike('city', 'cities')).toBe(false);
    expect(areAlike('harbour', 'harvest')).toBe(false);
    expect(areAlike('is', 'it')).toBe(false);
  });

  it('holds words of Han with a common character to be alike', () => {
    expect(areAlike('首都', '都市')).toBe(true);
    expect(areAlike('首都', '人口')).toBe(false);
  });
});
