import process from 'node:process';
import type { Clock } from '../clock.ts';
import type { Events } from '../events.ts';
import { removeAbandoned, writeAtomically, writeAtomicallySync } from './atomic-file.ts';
import { setAside } from './set-aside.ts';
import { ForeignFileError, readWhole } from './whole-file.ts';

/** What a file holds, and where that comes from. */
export interface Content {
  /** A larger file is none of ours. */
  readonly mostBytes: number;
  /** Takes up what a file holds. @throws for what it cannot have written: then nothing has changed */
  resume(bytes: Buffer): void;
  /** Is another once there is something new to write; `isLast`: for what is written last. */
  mark(isLast: boolean): unknown;
  /** The file as it is to be, piece by piece. */
  slices(): Iterable<Uint8Array>;
  /** Why not all of it can be kept. */
  readonly problem?: Error | undefined;
}

/** A file that carries something over a restart. Never throws: what fails is told, once until it goes well again. */
export class KeptFile {
  readonly #path: string;
  readonly #content: Content;
  readonly #events: Events;
  readonly #clock: Clock;
  /** The mark of what it holds. */
  #written: unknown;
  #isFailing = false;
  /** Counts the writes that have begun: an older one must not come after a newer. */
  #begun = 0;

  constructor(path: string, content: Content, events: Events, clock: Clock) {
    this.#path = path;
    this.#content = content;
    this.#events = events;
    this.#clock = clock;
  }

  /** Takes up what the last process has left. */
  restore(): void {
    removeAbandoned(this.#path);
    try {
      const bytes = readWhole(this.#path, this.#content.mostBytes);
      if (bytes !== undefined) this.#resume(bytes);
    } catch (error) {
      if (error instanceof ForeignFileError) this.#setAside(error);
      else this.#failed('read', error);
    }
    this.#written = this.#content.mark(false);
  }

  /** Writes it, if there is something new. */
  async save(isLast: boolean): Promise<void> {
    try {
      const mark = this.#news(isLast);
      if (mark === undefined) return;
      const begun = ++this.#begun;
      await writeAtomically(this.#path, this.#content.slices(), () => begun !== this.#begun);
      if (begun === this.#begun) this.#succeeded(mark);
    } catch (error) {
      this.#failed('write', error);
    }
  }

  /** The same, where nothing can be awaited any more. */
  saveSync(): void {
    try {
      const mark = this.#news(true);
      if (mark === undefined) return;
      this.#begun++;
      writeAtomicallySync(this.#path, this.#content.slices());
      this.#succeeded(mark);
    } catch (error) {
      this.#failed('write', error);
    }
  }

  #resume(bytes: Buffer): void {
    try {
      this.#content.resume(bytes);
    } catch (error) {
      throw error instanceof ForeignFileError ? error : new ForeignFileError('It is damaged', { cause: error });
    }
  }

  #news(isLast: boolean): unknown {
    const mark = this.#content.mark(isLast);
    return mark === this.#written ? undefined : mark;
  }

  #succeeded(mark: unknown): void {
    this.#written = mark;
    const { problem } = this.#content;
    if (problem !== undefined) this.#failed('write', problem);
    else if (this.#isFailing) {
      this.#isFailing = false;
      this.#events.emit('persist_recovered', { at: this.#clock.wall(), file: this.#path });
    }
  }

  #setAside(error: ForeignFileError): void {
    try {
      this.#tell('read', error, setAside(this.#path, this.#clock.wall()));
    } catch (cause) {
      this.#failed('read', new Error(`${error.message}; and it cannot be set aside`, { cause }));
    }
  }

  #failed(operation: 'read' | 'write', error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#tell(operation, error);
  }

  #tell(operation: 'read' | 'write', error: unknown, aside?: string): void {
    const file = this.#path;
    // what fails when a process begins, fails before most programs listen
    if (!this.#events.wanted('persist_failed')) {
      const now = aside === undefined ? '' : ` It is \`${aside}\` now.`;
      process.emitWarning(`Cannot ${operation} \`${file}\`: ${error instanceof Error ? error.message : error}.${now}`, {
        type: 'BrownoutWarning',
        code: 'BROWNOUT_PERSIST',
      });
    }
    const at = this.#clock.wall();
    this.#events.emit('persist_failed', {
      at,
      operation,
      file,
      ...(aside !== undefined && { setAside: aside }),
      error,
    });
  }
}
