import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasJsonEnds, isJsonText } from './json-text.ts';

const isJson = (text: string) => isJsonText(Buffer.from(text));

describe('isJsonText', () => {
  it.each(['1', ' "a" ', 'null', '[]', '{}', '\ufeff{"a":[1,{"b":-0.5e3}]}\n'])('takes %j', (text) => {
    expect(isJson(text)).toBe(true);
  });

  it.each(['', ' ', '{"a":', '[1', '"a', '[]]', '{} {}', '\ufeff\ufeff1', 'tru', '1.'])('does not take %j', (text) => {
    expect(isJson(text)).toBe(false);
  });

  it.each(['', ' ', '{"a":', '{"a":{}]', '[1', '"a', '"', '\ufeff'])(
    'sees by the ends that this was cut: %j',
    (text) => {
      expect(hasJsonEnds(Buffer.from(text))).toBe(false);
    },
  );

  it('takes what JSON.parse takes, and nothing that was cut', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
        const text = JSON.stringify(value);
        expect(isJson(text)).toBe(true);
        expect(hasJsonEnds(Buffer.from(`\ufeff \n${text} \n`))).toBe(true);
        const cut = text.slice(0, at % text.length);
        let isValid = true;
        try {
          JSON.parse(cut);
        } catch {
          isValid = false;
        }
        expect(isJson(cut)).toBe(isValid);
      }),
    );
  });
});
