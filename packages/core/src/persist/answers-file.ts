import type { Applications } from '../answers/applications.ts';
import type { LruContents } from '../answers/lru-contents.ts';
import type { Clock } from '../clock.ts';
import { answerSlices, readAnswers } from './answer-records.ts';
import type { Content } from './kept-file.ts';

/** Room for keys, headers and lengths, beside what a store may hold. */
const besides = 32 * 1024 * 1024;

/** The answers of a store, and what is noted of paths. */
export class AnswersFile implements Content {
  readonly mostBytes: number;
  readonly #contents: LruContents;
  readonly #applications: Applications;
  readonly #clock: Clock;

  constructor(contents: LruContents, applications: Applications, clock: Clock) {
    this.#contents = contents;
    this.#applications = applications;
    this.#clock = clock;
    this.mostBytes = 2 * contents.maxBytes + besides;
  }

  get problem(): Error | undefined {
    if (!this.#applications.areSeveral) return undefined;
    return new Error(
      'Several applications share these answers, and none of them is kept; name the applications with `applications`, or give each a set of its own.',
    );
  }

  /** Less the time that the process was down. An answer from the future comes from a clock that was set back: it cannot be told what has happened since. */
  resume(bytes: Buffer): void {
    const { savedAt, answers, notes } = readAnswers(bytes);
    const wall = this.#clock.wall();
    const down = Math.max(0, wall - savedAt);
    for (const { key, answer, leftMs } of answers) {
      const age = wall - answer.storedAt;
      if (age >= 0 && age <= answer.maxAgeMs && leftMs > down) this.#contents.resume(key, answer, leftMs - down);
    }
    for (const [cell, at] of notes) this.#contents.notes.resume(cell, Math.min(at, wall));
    this.#applications.expectOne();
  }

  mark(): number {
    return this.problem === undefined ? this.#contents.changes : -1;
  }

  slices(): Iterable<Uint8Array> {
    const keys = this.problem === undefined ? this.#contents.keys() : [];
    return answerSlices(this.#contents, keys, this.#clock.wall());
  }
}
