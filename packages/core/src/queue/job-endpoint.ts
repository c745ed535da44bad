import type { Reply } from '../reply.ts';
import { isOver, type Job } from './job.ts';
import type { JobDesk } from './job-desk.ts';

const json = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** How soon a client that waits is told to ask again, in seconds. */
const pollSeconds = 5;

/**
 * Where a job stands, and its end: GET and HEAD tell, DELETE cancels. Another's job is not found, as one that never was. `scope` is that of
 * the request, as canonical JSON; `undefined` where it could not be told.
 */
export function jobReply(desk: JobDesk, method: string, id: string, scope: string | undefined): Reply {
  if (method === 'DELETE') {
    return scope !== undefined && desk.cancel(id, scope)
      ? { status: 204, headers: { 'cache-control': 'no-store' }, body: '' }
      : notFound;
  }
  if (method !== 'GET' && method !== 'HEAD') return notAllowed;
  const job = scope === undefined ? undefined : desk.find(id, scope);
  if (job === undefined) return notFound;
  const headers = isOver(job) ? json : { ...json, 'retry-after': String(pollSeconds) };
  return { status: 200, headers, body: shownJob(job) };
}

function shownJob({ id, status, createdAt, expiresAt, finishedAt, result }: Job): string {
  const shown = JSON.stringify({
    job_id: id,
    status,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
    ...(finishedAt !== undefined && { finished_at: new Date(finishedAt).toISOString() }),
  });
  return result === undefined ? shown : `${shown.slice(0, -1)},"result":${result}}`;
}

const notFound: Reply = problem(404, 'Not Found', 'There is no such job, or not any more.');
const notAllowed: Reply = problem(405, 'Method Not Allowed', 'GET tells where a job stands, DELETE cancels it.', {
  allow: 'GET, HEAD, DELETE',
});

function problem(status: number, title: string, detail: string, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({ type: 'about:blank', title, status, detail }),
  };
}
