import { CallFlow } from './call-flow.ts';

/**
 * A stream that a circuit sees to its end: `circuit.run(async ({ signal }) => flowing(await open(signal)))`. The caller has it at once, and
 * the call lasts until it has ended: whole is a success, what it breaks with is judged like a thrown error, and a reader that cancels or
 * breaks off counts for nothing. A web stream gives one, any other async iterable an async iterable; to be read instead of the one given,
 * and once.
 */
export function flowing<T>(stream: ReadableStream<T>): ReadableStream<T>;
export function flowing<T>(stream: AsyncIterable<T>): AsyncIterable<T>;
export function flowing<T>(stream: ReadableStream<T> | AsyncIterable<T>): ReadableStream<T> | AsyncIterable<T> {
  return stream instanceof ReadableStream ? flowingStream(stream) : flowingIterable(stream);
}

function flowingStream<T>(source: ReadableStream<T>): ReadableStream<T> {
  const reader = source.getReader();
  const watched: ReadableStream<T> = new ReadableStream<T>(
    {
      async pull(controller) {
        const part = await reader.read().catch((error: unknown) => {
          flow.broke(error);
          throw error;
        });
        if (part.done) {
          flow.whole();
          controller.close();
        } else {
          flow.flowed();
          controller.enqueue(part.value);
        }
      },
      cancel(reason) {
        flow.left();
        return reader.cancel(reason);
      },
    },
    // nothing is read before it is asked for
    { highWaterMark: 0 },
  );
  const flow = new CallFlow(watched);
  return watched;
}

function flowingIterable<T>(source: AsyncIterable<T>): AsyncIterable<T> {
  return new FlowingParts(source);
}

/** It is its own iterator: a loop holds on to nothing else, and what nobody holds on to is over. */
class FlowingParts<T> implements AsyncIterable<T>, AsyncIterator<T> {
  readonly #source: AsyncIterable<T>;
  readonly #flow = new CallFlow(this);
  #parts: AsyncIterator<T> | undefined;

  constructor(source: AsyncIterable<T>) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T>> {
    try {
      const part = await this.#begun().next();
      if (part.done) this.#flow.whole();
      else this.#flow.flowed();
      return part;
    } catch (error) {
      this.#flow.broke(error);
      throw error;
    }
  }

  async return(value?: unknown): Promise<IteratorResult<T>> {
    this.#flow.left();
    await this.#begun().return?.();
    return { value, done: true };
  }

  #begun(): AsyncIterator<T> {
    this.#parts ??= this.#source[Symbol.asyncIterator]();
    return this.#parts;
  }
}
