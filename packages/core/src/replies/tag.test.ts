import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FallbackMetadata } from '../metadata.ts';
import { spliced, storedTagSpot, tagSpot } from './tag.ts';

const metadata: FallbackMetadata = {
  from_fallback: true,
  fallback_reason: 'circuit_open',
  fallback_level: 'l1_cache',
  circuit: 'openai',
  retry_after: 28,
};
const members = JSON.stringify(metadata).slice(1, -1);

function tagged(text: string | Uint8Array): string | undefined {
  const spot = tagSpot(text);
  return spot && spliced(spot, metadata).toString();
}

describe('tagSpot', () => {
  it.each([
    ['{}', `{"metadata":{${members}}}`],
    ['{ }', `{"metadata":{${members}} }`],
    ['{"a":1}', `{"a":1,"metadata":{${members}}}`],
    ['{\n  "a": [1, 2]\n}\n', `{\n  "a": [1, 2],"metadata":{${members}}\n}\n`],
    [' \r\n\t{"a":1}', ` \r\n\t{"a":1,"metadata":{${members}}}`],
    ['\ufeff{"a":1}', `\ufeff{"a":1,"metadata":{${members}}}`],
    ['{"a":"{}"}', `{"a":"{}","metadata":{${members}}}`],
    ['{"a":"\\"metadata\\":{}"}', `{"a":"\\"metadata\\":{}","metadata":{${members}}}`],
    ['{"a":{"metadata":1}}', `{"a":{"metadata":1},"metadata":{${members}}}`],
    ['{"Metadata":1}', `{"Metadata":1,"metadata":{${members}}}`],
  ])('adds a member to %j', (text, expected) => {
    expect(tagged(text)).toBe(expected);
  });

  it.each([
    ['{"metadata":{}}', `{"metadata":{${members}}}`],
    ['{"metadata": { } }', `{"metadata": {${members} } }`],
    ['{"metadata":{"model":"x"},"a":1}', `{"metadata":{${members},"model":"x"},"a":1}`],
    ['{"metadata":{ "a": 1.0e2 , "b":[ ] }}', `{"metadata":{${members}, "a": 1.0e2 , "b":[ ] }}`],
    ['{"met\\u0061data":{"model":"x"}}', `{"met\\u0061data":{${members},"model":"x"}}`],
    ['{"metadata":{"from_fallback":false}}', `{"metadata":{${members}}}`],
    ['{"metadata":{"cached_at":1,"model":"x","age_seconds":3}}', `{"metadata":{${members},"model":"x"}}`],
    ['{"metadata":{"a":1 , "circ\\u0075it":"y", "b": 2 } }', `{"metadata":{${members},"a":1 , "b": 2 } }`],
    ['{"metadata":{"a":1 , "circuit":"y"} }', `{"metadata":{${members},"a":1} }`],
    ['{"metadata":{"circuit":"y","a":1,"b":2,"retry_after":3,"c":4}}', `{"metadata":{${members},"a":1,"b":2,"c":4}}`],
    ['{"metadata":{"a":{"circuit":1}}}', `{"metadata":{${members},"a":{"circuit":1}}}`],
  ])('merges into the metadata of %j', (text, expected) => {
    expect(tagged(text)).toBe(expected);
  });

  it.each([
    ['{"metadata":1,"a":2,"metadata":{"b":3}}', `{"a":2,"metadata":{${members},"b":3}}`],
    ['{"metadata":{"a":1}, "metadata" : {}, "metadata":{}}', `{"metadata":{${members}}}`],
    ['{"x":0,"m\\u0065tadata":{},"y":1,"metadata":{},"z":2}', `{"x":0,"y":1,"metadata":{${members}},"z":2}`],
  ])('leaves no duplicate that a parser could take instead in %j', (text, expected) => {
    expect(tagged(text)).toBe(expected);
  });

  it('changes no digit of a number beyond 2^53', () => {
    const text = '{"id":12345678901234567890,"metadata":{"seed":9007199254740993.000}}';
    expect(tagged(text)).toContain('"id":12345678901234567890,');
    expect(tagged(text)).toContain('"seed":9007199254740993.000}');
  });

  it.each(['null', '1', '"a"', 'true', '["metadata"]', '[{}]', '', ' ', '\ufeff'])('has no place in %j', (text) => {
    expect(tagSpot(text)).toBeUndefined();
  });

  it.each(['{"metadata":null}', '{"metadata":[]}', '{"metadata":"{}"}', '{"metadata":{},"metadata":1}'])(
    'has no place where metadata is no object: %j',
    (text) => {
      expect(tagSpot(text)).toBeUndefined();
    },
  );

  it.each([
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{"a":1}{}',
    '{"a":1} x',
    '{"a":1',
    '{a:1}',
    "{'a':1}",
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":-}',
    '{"a":tru}',
    '{"a":NaN}',
    '{"a":"\n"}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":"\\u12"}',
    '{"a":"b}',
    '{"a":[1,]}',
    '{"a":[1}}',
    '{"a":{"b":1]}',
    '{"metadata":{"a":1,}}',
    '{"a" 1}',
    '{/**/"a":1}',
    '\ufeff\ufeff{}',
  ])('has no place in what is no JSON: %j', (text) => {
    expect(() => JSON.parse(text.replace(/^\ufeff/, ''))).toThrow();
    expect(tagSpot(text)).toBeUndefined();
  });

  it('reads nesting deeper than the stack', () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(tagged(deep)?.endsWith(`]],"metadata":{${members}}}`)).toBe(true);
  });

  it('reads a slice of a larger buffer', () => {
    const whole = Buffer.from('xx{"a":"é"}yy');
    expect(tagged(whole.subarray(2, -2))).toBe(`{"a":"é","metadata":{${members}}}`);
  });

  it('writes the tag in ASCII, for charsets that have only that in common', () => {
    const spot = tagSpot(Buffer.from('{"a":"\xe9"}', 'latin1'))!;
    const text = spliced(spot, { ...metadata, circuit: 'Übersetzer 🙂' }).toString('latin1');
    expect(text.startsWith('{"a":"\xe9","metadata":{')).toBe(true);
    expect(JSON.parse(text).metadata.circuit).toBe('Übersetzer 🙂');
  });

  const metadataJson = fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('from_fallback', 'circuit', 'age_seconds', 'model')),
    fc.jsonValue(),
  );
  const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('metadata', 'metadat', 'a', ''));
  const object = fc
    .tuple(fc.dictionary(name, fc.jsonValue()), fc.option(metadataJson, { nil: undefined }))
    .map(([rest, own]) => (own === undefined ? rest : { ...rest, metadata: own }));
  const text = fc
    .tuple(object, fc.constantFrom<string | number>('', 1, '\t', ' \n'))
    .map(([value, space]) => JSON.stringify(value, null, space));

  it('has the tag merged into any object, and the rest as it was', () => {
    let merged = 0;
    fc.assert(
      fc.property(text, (source) => {
        const before = JSON.parse(source) as Record<string, unknown>;
        const there = before.metadata;
        const hasObject = typeof there === 'object' && there !== null && !Array.isArray(there);
        const result = tagged(source);
        if (there !== undefined && !hasObject) {
          expect(result).toBeUndefined();
          return;
        }
        if (hasObject) merged++;
        const ours = ['cached_at', 'age_seconds', 'retry_after', 'from_fallback', 'circuit'];
        const rest = Object.entries(there ?? {}).filter(([key]) => !ours.includes(key) && !key.startsWith('fallback_'));
        const expected = { ...before, metadata: { ...Object.fromEntries(rest), ...metadata } };
        const after = JSON.parse(result!);
        expect(after).toEqual(expected);
        if (there === undefined) {
          const without = result!.replace(/,?"metadata":\{"from_fallback":true.*?"retry_after":28\}/s, '');
          expect(without).toBe(source);
        }
      }),
      { numRuns: 300 },
    );
    expect(merged).toBeGreaterThan(20);
  });

  it('takes for JSON what JSON.parse takes, and nothing else', () => {
    const damaged = fc
      .tuple(text, fc.nat(), fc.constantFrom('', '"', ',', '}', '{', ']', ':', '\\', '0', 'e', '-', ' ', '\u0001', '.'))
      .map(([source, at, piece]) => {
        const place = at % (source.length + 1);
        return source.slice(0, place) + piece + source.slice(place + (piece === '' ? 1 : 0));
      });
    let valid = 0;
    fc.assert(
      fc.property(damaged, (source) => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(source);
        } catch {
          expect(tagSpot(source)).toBeUndefined();
          return;
        }
        valid++;
        const there = (parsed as { metadata?: unknown })?.metadata;
        const taggable =
          typeof parsed === 'object' &&
          parsed !== null &&
          !Array.isArray(parsed) &&
          (there === undefined || (typeof there === 'object' && there !== null && !Array.isArray(there)));
        expect(tagSpot(source) !== undefined).toBe(taggable);
      }),
      { numRuns: 1000 },
    );
    expect(valid).toBeGreaterThan(50);
  });
});

describe('storedTagSpot', () => {
  it('looks once into a body', () => {
    const body = Buffer.from('{"a":1}');
    expect(storedTagSpot(body)).toBe(storedTagSpot(body));
    const array = Buffer.from('[]');
    expect(storedTagSpot(array)).toBeUndefined();
    expect(storedTagSpot(array)).toBeUndefined();
  });

  it('keeps no copy of a body, and little of one that is full of holes', () => {
    const body = Buffer.from(`{"metadata":{},"metadata":{"circuit":1,"a":"${'b'.repeat(1000)}"}}`);
    const spot = storedTagSpot(body)!;
    expect(storedTagSpot(body)).toBe(spot);
    expect(spot.text.buffer).toBe(body.buffer);
    const holes = Buffer.from(`{"metadata":{${'"circuit":1,"a":2,'.repeat(50)}"b":3}}`);
    expect(storedTagSpot(holes)).toEqual(storedTagSpot(holes));
    expect(storedTagSpot(holes)).not.toBe(storedTagSpot(holes));
  });
});
