/** Where a job stands. */
export type JobStatus = 'queued' | 'running' | 'done' | 'failed' | 'expired' | 'cancelled';

/** Work that was put off. Times in milliseconds since the Unix epoch. */
export interface Job {
  /** A random UUID. */
  readonly id: string;
  /** Who may see it, as canonical JSON. */
  readonly scope: string;
  /** JSON. */
  readonly data: string;
  readonly createdAt: number;
  /** A job that has not begun by then never does. */
  readonly expiresAt: number;
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
