import { crc32 } from 'node:zlib';
import type { Brownout } from '../brownout.ts';
import type { CircuitSnapshot } from '../circuit/snapshot.ts';
import type { BrownoutSnapshot } from '../set-snapshot.ts';
import { bodyOf, headOf } from './file-head.ts';
import type { Content } from './kept-file.ts';
import { ForeignFileError } from './whole-file.ts';

const withoutTimes = ([name, { at: _at, leftMs: _leftMs, overrideAt: _overrideAt, counts, ...rest }]: [
  string,
  CircuitSnapshot,
]) => [name, rest, counts && [counts.calls, counts.refusedFor, counts.transitions]];

const kind = 'state';
const mostBytes = 64 * 1024 * 1024;
/** What no process has had a use for since then is let go. */
const mostAgeMs = 30 * 86_400_000;

/** The states and counts of a set of circuits: one line that says what it is, with a checksum, and JSON. */
export class StateFile implements Content {
  readonly mostBytes = mostBytes;
  readonly #set: Brownout;

  constructor(set: Brownout) {
    this.#set = set;
  }

  resume(bytes: Buffer): void {
    const { rest: sum, text } = bodyOf(kind, bytes);
    if (crc32(text).toString(16) !== sum) throw new ForeignFileError('It is damaged: its checksum is another');
    const snapshot = JSON.parse(text.toString()) as BrownoutSnapshot;
    const oldest = this.#set.clock.wall() - mostAgeMs;
    const circuits = Object.entries(snapshot.circuits).filter(([, { at }]) => !(at < oldest));
    this.#set.restore({ ...snapshot, circuits: Object.fromEntries(circuits) });
  }

  /** What time alone changes is written at the end, or when there is more to write. */
  mark(isLast: boolean): string {
    const circuits = Object.entries(this.#set.snapshot().circuits);
    return JSON.stringify(isLast ? circuits : circuits.map(withoutTimes));
  }

  *slices(): Generator<Uint8Array> {
    const text = Buffer.from(JSON.stringify(this.#set.snapshot()));
    yield headOf(kind, crc32(text).toString(16));
    yield text;
  }
}
