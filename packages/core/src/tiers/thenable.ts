/** Sees to it that what is not waited for does not end the process by a rejection that nobody handles. */
export function ignore(given: unknown): void {
  if (isThenable(given)) Promise.resolve(given).catch(() => {});
}

/** Whether a value is to be awaited. May throw where `then` is a getter that does. */
export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
