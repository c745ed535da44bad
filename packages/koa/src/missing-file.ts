import type { Context } from 'koa';

type OnError = Context['onerror'];

/** What a context's own error handling makes of a file that is not there, by that handling. */
const answers = new WeakMap<OnError, boolean>();

/** Whether this is a file that is not there, where the application answers that with 404: Koa 2 does so, and Koa 3 does not. */
export function isMissingFile(error: unknown, { app }: Context): boolean {
  if ((error as { code?: unknown } | null)?.code !== 'ENOENT') return false;
  const { onerror } = app.context;
  const known = answers.get(onerror);
  if (known !== undefined) return known;
  const answered = statusGiven(onerror) === 404;
  answers.set(onerror, answered);
  return answered;
}

/** The status that it gives to such an error, tried on a context that answers nobody. */
function statusGiven(onerror: OnError): unknown {
  const error = Object.assign(new Error('A file that is not there'), { code: 'ENOENT', status: undefined });
  const nobody = { app: { emit() {} }, res: { getHeaderNames: () => [], end() {} }, writable: true, set() {} };
  try {
    onerror.call(nobody, error);
  } catch {
    // it asks more of a context than this one has
  }
  return error.status;
}
