import { crc32 } from 'node:zlib';
import type { LruContents } from '../answers/lru-contents.ts';
import { CELLS } from '../answers/path-notes.ts';
import { areSendable } from '../answers/sendable-headers.ts';
import type { StoredAnswer } from '../answers/store.ts';
import { bodyOf, headOf } from './file-head.ts';
import { ForeignFileError } from './whole-file.ts';

const kind = 'answers';
/** A slice is made at once: with so many bytes, or parts, in a few milliseconds. */
const sliceBytes = 256 * 1024;
const sliceParts = 600;

/** Each record: what it is, the lengths of its two parts, and these. The last has none, and the checksum of all before follows it. */
const END = 0;
const ANSWER = 1;
const NOTES = 2;
const lengths = 9;
const noteBytes = 10;

export interface CarriedAnswer {
  readonly key: string;
  readonly answer: StoredAnswer;
  /** How long it could still be served when it was written. */
  readonly leftMs: number;
}

/** What a file of answers holds. */
export interface CarriedAnswers {
  /** Milliseconds since the Unix epoch. */
  readonly savedAt: number;
  /** The least recently used first. */
  readonly answers: readonly CarriedAnswer[];
  readonly notes: readonly (readonly [cell: number, at: number])[];
}

/** A file of answers, piece by piece: what changes between two is in it, or is not. */
export function* answerSlices(
  { peek, notes }: LruContents,
  keys: Iterable<string>,
  savedAt: number,
): Generator<Buffer> {
  const slice = new Slice(headOf(kind, String(savedAt)));
  for (const key of keys) {
    const kept = peek(key);
    if (kept === undefined) continue;
    const { status, headers, body, storedAt, maxAgeMs } = kept.answer;
    slice.add(ANSWER, Buffer.from(JSON.stringify([key, status, headers, storedAt, maxAgeMs, kept.leftMs])), body);
    if (slice.isFull) yield slice.take();
  }
  // after the answers: what is older than a note is out of date
  slice.add(NOTES, nothing, notesOf(notes.cells()));
  slice.add(END, nothing, nothing);
  yield slice.take();
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(slice.sum);
  yield sum;
}

const nothing = Buffer.alloc(0);

class Slice {
  sum = 0;
  #parts: Uint8Array[];
  #bytes = 0;

  constructor(head: Uint8Array) {
    this.#parts = [head];
  }

  get isFull(): boolean {
    return this.#bytes >= sliceBytes || this.#parts.length >= sliceParts;
  }

  add(record: number, head: Uint8Array, body: Uint8Array): void {
    const before = Buffer.allocUnsafe(lengths);
    before.writeUInt8(record);
    before.writeUInt32LE(head.byteLength, 1);
    before.writeUInt32LE(body.byteLength, 5);
    this.#parts.push(before, head, body);
    this.#bytes += lengths + head.byteLength + body.byteLength;
  }

  take(): Buffer {
    const taken = Buffer.concat(this.#parts);
    this.sum = crc32(taken, this.sum);
    this.#parts = [];
    this.#bytes = 0;
    return taken;
  }
}

function notesOf(cells: Iterable<readonly [number, number]>): Buffer {
  const notes = [...cells];
  const bytes = Buffer.allocUnsafe(notes.length * noteBytes);
  for (const [index, [cell, at]] of notes.entries()) {
    bytes.writeUInt16LE(cell, index * noteBytes);
    bytes.writeDoubleLE(at, index * noteBytes + 2);
  }
  return bytes;
}

/** @throws ForeignFileError for anything that is not a whole file of answers */
export function readAnswers(bytes: Buffer): CarriedAnswers {
  const { rest, text } = bodyOf(kind, bytes);
  const end = text.byteLength - 4;
  const sum = end < 0 ? -1 : text.readUInt32LE(end);
  if (crc32(bytes.subarray(0, -4)) !== sum) throw new ForeignFileError('It is damaged: its checksum is another');
  const answers: CarriedAnswer[] = [];
  let notes: [number, number][] = [];
  let at = 0;
  for (;;) {
    if (at + lengths > end) throw misshapen();
    const record = text.readUInt8(at);
    const head = at + lengths;
    const body = head + text.readUInt32LE(at + 1);
    const next = body + text.readUInt32LE(at + 5);
    if (next > end) throw misshapen();
    if (record === END) break;
    if (record === ANSWER) answers.push(answerOf(text.toString('utf8', head, body), text.subarray(body, next)));
    else if (record === NOTES) notes = cellsOf(text.subarray(body, next));
    else throw misshapen();
    at = next;
  }
  const savedAt = Number(rest);
  if (at + lengths !== end || !Number.isFinite(savedAt)) throw misshapen();
  return { savedAt, answers, notes };
}

const misshapen = () => new ForeignFileError('It is damaged: what it holds has another shape');

function answerOf(head: string, bytes: Uint8Array): CarriedAnswer {
  let given: unknown;
  try {
    given = JSON.parse(head);
  } catch {
    throw misshapen();
  }
  if (!Array.isArray(given)) throw misshapen();
  const [key, status, headers, storedAt, maxAgeMs, leftMs] = given as unknown[];
  const areNumbers = Number.isInteger(status) && [storedAt, maxAgeMs, leftMs].every(Number.isFinite);
  if (!/^[0-9a-f]{64}$/.test(String(key)) || !areNumbers || !areSendable(headers)) throw misshapen();
  // in memory of its own: the file need not stay
  const body = Buffer.allocUnsafeSlow(bytes.byteLength);
  body.set(bytes);
  const answer = { status, headers, body, storedAt, maxAgeMs } as StoredAnswer;
  return { key: key as string, answer, leftMs: leftMs as number };
}

function cellsOf(bytes: Buffer): [number, number][] {
  if (bytes.byteLength % noteBytes !== 0 || bytes.byteLength > CELLS * noteBytes) throw misshapen();
  const cells: [number, number][] = [];
  for (let at = 0; at < bytes.byteLength; at += noteBytes)
    cells.push([bytes.readUInt16LE(at), bytes.readDoubleLE(at + 2)]);
  return cells;
}
