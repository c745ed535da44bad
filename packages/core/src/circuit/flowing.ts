import { CallFlow } from './call-flow.ts';

export interface FlowingOptions {
  /** Asked when its reader cancels or breaks off: whether it had all that it wanted, which is a success. @default never */
  readonly isEnough?: (() => boolean) | undefined;
}

/**
 * A stream that a circuit sees to its end: `circuit.run(async ({ signal }) => flowing(await open(signal)))`. The caller has it at once, and
 * the call lasts until it has ended: whole is a success, what it breaks with is judged like a thrown error, and a reader that cancels or
 * breaks off counts for nothing. A web stream gives one, any other async iterable an async iterable; to be read instead of the one given,
 * and once.
 */
export function flowing<T>(stream: ReadableStream<T>, options?: FlowingOptions): ReadableStream<T>;
export function flowing<T>(stream: AsyncIterable<T>, options?: FlowingOptions): AsyncIterable<T>;
export function flowing<T>(
  stream: ReadableStream<T> | AsyncIterable<T>,
  options: FlowingOptions = {},
): ReadableStream<T> | AsyncIterable<T> {
  return stream instanceof ReadableStream ? flowingStream(stream, options) : flowingIterable(stream, options);
}

function stopped(flow: CallFlow, { isEnough }: FlowingOptions): void {
  if (isEnough?.()) flow.whole();
  else flow.left();
}

function flowingStream<T>(source: ReadableStream<T>, options: FlowingOptions): ReadableStream<T> {
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
        stopped(flow, options);
        return reader.cancel(reason);
      },
    },
    // nothing is read before it is asked for
    { highWaterMark: 0 },
  );
  const flow = new CallFlow(watched);
  return watched;
}

function flowingIterable<T>(source: AsyncIterable<T>, options: FlowingOptions): AsyncIterable<T> {
  return new FlowingParts(source, options);
}

/** It is its own iterator: a loop holds on to nothing else, and what nobody holds on to is over. */
class FlowingParts<T> implements AsyncIterable<T>, AsyncIterator<T> {
  readonly #source: AsyncIterable<T>;
  readonly #options: FlowingOptions;
  readonly #flow = new CallFlow(this);
  #parts: AsyncIterator<T> | undefined;

  constructor(source: AsyncIterable<T>, options: FlowingOptions) {
    this.#source = source;
    this.#options = options;
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
    stopped(this.#flow, this.#options);
    await this.#begun().return?.();
    return { value, done: true };
  }

  #begun(): AsyncIterator<T> {
    this.#parts ??= this.#source[Symbol.asyncIterator]();
    return this.#parts;
  }
}
