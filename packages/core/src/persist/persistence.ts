import { mostTimerMs } from '../clock.ts';
import type { KeptFile } from './kept-file.ts';

/** What writes the files of `persist`. Its timer keeps no process alive. */
export class Persistence {
  readonly #files: readonly KeptFile[];
  readonly #timer: NodeJS.Timeout;
  #saving: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(files: readonly KeptFile[], everyMs: number) {
    this.#files = files;
    this.#timer = setInterval(() => void this.save(), Math.min(everyMs, mostTimerMs));
    this.#timer.unref();
  }

  /** Writes what is new. Never rejects. One that is under way is waited for, and told of nothing later than its beginning. */
  save(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#saving ??= this.#saveAll(false).finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  /** Writes what is new before it returns: for a listener of `exit`, where nothing can be awaited. */
  saveSync(): void {
    if (!this.#isClosed) for (const file of this.#files) file.saveSync();
  }

  /** Writes what is new for the last time. To be called at shutdown, once no more requests are answered. Never rejects. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing ??= Promise.resolve(this.#saving)
      .then(() => this.#saveAll(true))
      .then(() => {
        this.#isClosed = true;
      });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #saveAll(isLast: boolean): Promise<void> {
    for (const file of this.#files) await file.save(isLast);
  }
}
