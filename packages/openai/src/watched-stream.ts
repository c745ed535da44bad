import { CallFlow } from '@brownout/core';
import { type AnswerProblem, OpenAIAnswerError } from './answer-error.ts';
import { StreamReader } from './stream-reader.ts';

/** What a stream is made of. */
export type PartOf<Source> = Source extends AsyncIterable<infer Part> ? Part : never;

/** A stream that has begun to answer. To be read once, to its end or to a `break`. */
export interface PrimedStream<Source> extends AsyncIterable<PartOf<Source>> {
  /** What `open` returned, as the SDK made it. */
  readonly source: Source;
}

/** How a stream has ended. */
type End = { readonly error?: unknown };

/** The stream of one call: what holds back its first parts, watches its silence, and says once how it has ended: to the circuits first. */
export class WatchedStream<Source extends AsyncIterable<unknown>>
  implements PrimedStream<Source>, AsyncIterator<PartOf<Source>>
{
  readonly #idleMs: number;
  readonly #caller: AbortSignal | undefined;
  readonly #request = new AbortController();
  readonly #reader = new StreamReader();
  readonly #held: PartOf<Source>[] = [];
  #source: Source | undefined;
  #iterator: AsyncIterator<unknown> | undefined;
  /** The circuits that have given this stream to its reader. */
  readonly #flow = new CallFlow(this);
  #end: End | undefined;
  /** Ends the wait that is under way. */
  #interrupt: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** No sign of life has come since the timer was armed. */
  #silent = false;

  /** @param caller aborts when nobody waits for the stream any more */
  constructor(idleMs: number, caller: AbortSignal | undefined) {
    this.#idleMs = idleMs;
    this.#caller = caller;
  }

  get source(): Source {
    return this.#source!;
  }

  /** Opens the source, and reads it up to its first useful part. */
  async begin(
    open: (call: { readonly signal: AbortSignal }) => Source | PromiseLike<Source>,
    firstMs: number,
  ): Promise<void> {
    this.#caller?.throwIfAborted();
    this.#caller?.addEventListener('abort', this.#onLeft);
    this.#arm(firstMs, 'late');
    await this.#attempt(async () => {
      this.#source = await this.#within(open({ signal: this.#request.signal }));
      this.#iterator = this.#source?.[Symbol.asyncIterator]();
      for (let isPrimed = false; !isPrimed && this.#end === undefined; ) {
        const part = await this.#read();
        if (part === undefined) break;
        this.#held.push(part.value);
        isPrimed = part.weight === 'useful' || this.#reader.isMarked;
      }
    });
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#end !== undefined) this.#tell();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<PartOf<Source>>> {
    if (this.#held.length > 0) return { value: this.#held.shift()!, done: false };
    if (this.#end === undefined) {
      if (!this.#silent || this.#timer === undefined) this.#arm(this.#idleMs, 'stalled');
      const part = await this.#attempt(() => this.#read());
      if (part !== undefined) return { value: part.value, done: false };
    }
    this.#tell();
    return { value: undefined, done: true };
  }

  /** The reader breaks off. */
  async return(): Promise<IteratorResult<PartOf<Source>>> {
    this.#held.length = 0;
    this.#leave(brokenOff());
    this.#end = {};
    return { value: undefined, done: true };
  }

  /** What is thrown on the way ends the stream. */
  async #attempt<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      this.#stop({ error });
      return undefined;
    }
  }

  /** The next part; `undefined` when the stream has ended, by itself or by us. */
  async #read() {
    const came = await this.#within(this.#iterator!.next());
    if (came === undefined || this.#end !== undefined) return undefined;
    if (came.done) {
      if (!this.#reader.whole) {
        await this.#within(lostError(this.#source));
        throw new OpenAIAnswerError(this.#reader.empty ? 'no_answer' : 'cut');
      }
      this.#stop({});
      return undefined;
    }
    const weight = this.#reader.read(came.value);
    const { failure } = this.#reader;
    if (failure !== undefined) throw new OpenAIAnswerError('failed', { cause: failure });
    if (weight !== 'nothing') {
      this.#silent = false;
      this.#flow.flowed();
    }
    return { value: came.value as PartOf<Source>, weight };
  }

  /** Waits for the upstream, or until something ends the stream: the SDK ends its streams silently when their signal aborts. */
  #within<T>(value: T | PromiseLike<T>): Promise<T | undefined> {
    return new Promise<T | undefined>((resolve, reject) => {
      this.#interrupt = () => resolve(undefined);
      Promise.resolve(value).then(resolve, reject);
    }).finally(() => {
      this.#interrupt = undefined;
    });
  }

  #arm(ms: number, problem: AnswerProblem): void {
    clearTimeout(this.#timer);
    this.#silent = true;
    if (ms > 0) this.#timer = setTimeout(() => this.#expire(problem), Math.min(ms, longestTimer));
  }

  #expire(problem: AnswerProblem): void {
    this.#timer = undefined;
    if (this.#interrupt === undefined) return; // the reader is slow, and not the model
    this.#stop({ error: new OpenAIAnswerError(problem) });
  }

  readonly #onLeft = () => this.#leave(this.#caller!.reason);

  #leave(reason: unknown): void {
    if (this.#end !== undefined) return;
    if (this.#reader.isMarked) this.#flow.whole();
    else this.#flow.left();
    this.#over({ error: reason });
  }

  #stop(end: End): void {
    if (this.#end !== undefined) return;
    // what happens to a connection after the end marker is of no interest
    const real = this.#reader.isMarked ? {} : end;
    if ('error' in real) this.#flow.broke(real.error);
    else this.#flow.whole();
    this.#over(real);
  }

  #over(end: End): void {
    this.#end = end;
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#onLeft);
    this.#interrupt?.();
    if (!('error' in end)) return;
    this.#request.abort(end.error);
    // a generator that waits for its reader would never see the signal
    Promise.resolve(this.#iterator?.return?.()).catch(() => {});
  }

  /** Throws what has ended the stream, and throws it once. */
  #tell(): void {
    const end = this.#end!;
    this.#end = {};
    if ('error' in end) throw end.error;
  }
}

/**
 * The streams that the SDK's `stream()` makes lose an error when nobody is waiting for a part at that moment, and just end (v4 to
 * v6); the promise that they are done has it.
 */
async function lostError(source: unknown): Promise<void> {
  const { done } = source as { done?: unknown };
  if (typeof done === 'function') await done.call(source);
}

/** Node's longest timer, in milliseconds; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

const brokenOff = () => new DOMException('The reader of the stream has broken off', 'AbortError');
