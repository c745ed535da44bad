import { isThenable } from '../tiers/thenable.ts';

/** Goes on at once with a plain value, later with a promised one: a synchronous store costs no promise. */
export function when<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value);
}
