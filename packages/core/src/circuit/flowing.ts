import { CallFlow } from './call-flow.ts';

/**
 * A stream that a circuit sees to its end: `circuit.run(async ({ signal }) => flowing((await fetch(url, { signal })).body))`. The caller has it
 * at once, and the call lasts until it has ended: whole is a success, what it breaks with is judged like a thrown error, and a reader that
 * cancels or breaks off counts for nothing. A web stream gives one, any other async iterable an async iterable; to be read instead of the
 * one given, and once.
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
  const watched: AsyncIterable<T> = {
    [Symbol.asyncIterator]: () => watchedIterator(source[Symbol.asyncIterator](), flow),
  };
  const flow = new CallFlow(watched);
  return watched;
}

function watchedIterator<T>(parts: AsyncIterator<T>, flow: CallFlow): AsyncIterator<T> {
  return {
    async next() {
      try {
        const part = await parts.next();
        if (part.done) flow.whole();
        else flow.flowed();
        return part;
      } catch (error) {
        flow.broke(error);
        throw error;
      }
    },
    async return(value?: unknown) {
      flow.left();
      await parts.return?.();
      return { value, done: true };
    },
  };
}
