/** Where a job stands. */
export type JobStatus = 'queued' | 'running' | 'done' | 'failed' | 'expired' | 'cancelled';

/** Work that was put off. Times in milliseconds since the Unix epoch, for showing; but for `lapsesAt`, which decides. */
export interface Job {
  /** A random UUID. */
  readonly id: string;
  /** Who may see it, as canonical JSON. */
  readonly scope: string;
  /** JSON. */
  readonly data: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** A job that has not begun by then never does: by the monotonic clock, which nobody sets. */
  readonly lapsesAt: number;
  status: JobStatus;
  /** How often it has failed. */
  failures: number;
  finishedAt?: number;
  /** JSON, of one that is done. */
  result?: string;
  /** Of one that runs. */
  stop?: AbortController;
}

/** Whether nothing more becomes of it. */
export function isOver({ status }: Job): boolean {
  return status !== 'queued' && status !== 'running';
}
