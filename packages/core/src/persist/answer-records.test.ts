import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentsOf, lruAnswers } from '../answers/lru.ts';
import type { StoredAnswer } from '../answers/store.ts';
import { answerSlices, readAnswers } from './answer-records.ts';
import { ForeignFileError } from './whole-file.ts';

const hexDigits = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const answers = fc.array(
  fc.record({
    key: hexDigits,
    status: fc.constantFrom(0, 200),
    headers: fc.dictionary(fc.constantFrom('content-type', 'etag', 'x-own'), fc.constantFrom('a', 'text/plain', 'ü')),
    body: fc.uint8Array({ maxLength: 300 }),
    storedAt: fc.double({ min: 0, max: 1e12, noNaN: true }),
  }),
  { maxLength: 12 },
);
const notes = fc.array(fc.tuple(fc.nat(65_535), fc.integer({ min: 1, max: 2e12 })), { maxLength: 10 });

function written(
  given: readonly ({ key: string } & Omit<StoredAnswer, 'maxAgeMs'>)[],
  cells: [number, number][],
): Buffer {
  const clock = { now: () => 0, wall: () => 1e12 };
  const store = lruAnswers({ clock });
  const contents = contentsOf(store)!;
  for (const { key, ...answer } of given) store.set(key, { ...answer, maxAgeMs: 1e13 });
  for (const [cell, at] of cells) contents.notes.resume(cell, at);
  return Buffer.concat([...answerSlices(contents, contents.keys(), 1e12)]);
}

/** With the checksum that it should have. */
function sealed(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length >= 4) copy.writeUInt32LE(crc32(copy.subarray(0, -4)), copy.length - 4);
  return copy;
}

describe('Records of answers', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(answers, notes, (given, cells) => {
        const read = readAnswers(written(given, cells));
        const last = new Map(given.map(({ key, ...answer }) => [key, answer]));
        expect(read.answers.map(({ key }) => key).sort()).toEqual([...last.keys()].sort());
        for (const { key, answer, leftMs } of read.answers) {
          const { body, ...rest } = last.get(key)!;
          expect({ ...answer, body: [...answer.body] }).toEqual({
            ...rest,
            headers: { ...rest.headers },
            body: [...body],
            maxAgeMs: 1e13,
          });
          expect(leftMs).toBeCloseTo(rest.storedAt + 1e13 - 1e12);
          expect(answer.body.buffer.byteLength).toBe(body.byteLength);
        }
        const latest = new Map<number, number>();
        for (const [cell, at] of cells) latest.set(cell, Math.max(at, latest.get(cell) ?? 0));
        expect(new Map(read.notes)).toEqual(latest);
        expect(read.savedAt).toBe(1e12);
      }),
    );
  });

  it('are refused whole when anything of them has changed', () => {
    const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(answers, notes, change, (given, cells, { at, by }) => {
        const bytes = written(given, cells);
        bytes[at % bytes.length]! ^= by;
        expect(() => readAnswers(bytes)).toThrow(ForeignFileError);
      }),
      { numRuns: 200 },
    );
  });

  it('are refused when they were cut, or go on', () => {
    fc.assert(
      fc.property(answers, notes, fc.nat(), fc.uint8Array({ minLength: 1 }), (given, cells, at, more) => {
        const bytes = written(given, cells);
        expect(() => readAnswers(bytes.subarray(0, at % bytes.length))).toThrow(ForeignFileError);
        expect(() => readAnswers(Buffer.concat([bytes, more]))).toThrow(ForeignFileError);
      }),
    );
  });

  it('do no harm where somebody has made them, with a checksum that is right', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 2 })), {
      minLength: 1,
      maxLength: 2,
    });
    let read = 0;
    fc.assert(
      fc.property(answers, notes, change, fc.option(fc.nat(), { freq: 1 }), (given, cells, changes, cut) => {
        let bytes = written(given, cells);
        for (const [at, by] of changes)
          bytes.set(by.subarray(0, Math.max(0, bytes.length - (at % bytes.length))), at % bytes.length);
        if (cut !== null) bytes = bytes.subarray(0, cut % bytes.length);
        try {
          for (const { key, answer } of readAnswers(sealed(bytes)).answers) {
            expect(key).toMatch(/^[0-9a-f]{64}$/);
            expect(answer.storedAt + answer.maxAgeMs).toBeGreaterThan(Number.NEGATIVE_INFINITY);
          }
          read++;
        } catch (error) {
          expect(error).toBeInstanceOf(ForeignFileError);
        }
      }),
      { numRuns: 400 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('come in slices that are made in no time', () => {
    const store = lruAnswers();
    const contents = contentsOf(store)!;
    const body = Buffer.alloc(200_000);
    for (let at = 0; at < 40; at++)
      store.set(at.toString(16).padStart(64, '0'), {
        status: 200,
        headers: {},
        body,
        storedAt: Date.now(),
        maxAgeMs: 1e9,
      });
    for (let at = 0; at < 4_000; at++)
      store.set(at.toString(16).padStart(64, 'f'), {
        status: 200,
        headers: {},
        body: Buffer.alloc(1),
        storedAt: Date.now(),
        maxAgeMs: 1e9,
      });
    const sizes = [...answerSlices(contents, contents.keys(), 1)].map(({ byteLength }) => byteLength);
    expect(Math.max(...sizes)).toBeLessThan(800_000);
    expect(sizes.length).toBeGreaterThan(20);
  });
});
