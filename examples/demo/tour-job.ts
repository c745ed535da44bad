import { setTimeout as sleep } from 'node:timers/promises';

/** How long a job may take once the circuit has closed, in milliseconds. */
const patienceMs = 10_000;

/** Asks for a job until it is over, or for ten seconds. */
export async function jobAt(url: string): Promise<{ status: string; answer: string | undefined }> {
  for (const until = Date.now() + patienceMs; ; ) {
    const job = (await (await fetch(url)).json()) as { status: string; result?: { answer: string } };
    const isOver = job.status !== 'queued' && job.status !== 'running';
    if (isOver || Date.now() > until) return { status: job.status, answer: job.result?.answer };
    await sleep(50);
  }
}
