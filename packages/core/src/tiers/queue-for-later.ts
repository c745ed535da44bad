import { expectOption, type OptionRules, parseOptions, rules } from '../options.ts';
import type { Job } from '../queue/job.ts';
import { JobDesk } from '../queue/job-desk.ts';
import { jobReply } from '../queue/job-endpoint.ts';
import type { Reply } from '../reply.ts';
import type { RequestView } from '../request-view.ts';
import { AskedOption } from './asked-option.ts';
import type { Tier, TierContext, TierReply } from './tier.ts';

export interface QueueForLaterOptions<Native = unknown, Data = never> {
  /** What is needed to do it later, as JSON. `undefined` queues nothing. */
  readonly data: (native: Native) => Data | undefined;
  /** Does it, through the route's circuit, which counts it. What it returns is the result, as JSON of up to 1 MiB. A call with side effects is none to put off. */
  readonly run: (data: Data, call: { readonly signal: AbortSignal }) => unknown;
  /** Who may see the job: a string or any JSON value, such as the user's id. */
  readonly scope: (native: Native) => unknown;
  /** Where jobs are to be asked for, as the client sees it: what `Location` begins with, and what `jobs` answers. @default '/jobs' */
  readonly path?: string;
  /** Jobs that are kept for a circuit, those that are over included. @default 1000 */
  readonly maxJobs?: number;
  /** Jobs of one scope that are not over. @default 10 */
  readonly maxPerScope?: number;
  /** How much data a job may have, in bytes of JSON. @default 65536 */
  readonly maxBytes?: number;
  /** How long a job may wait, and how long its end is kept, in milliseconds. @default 3600000 (an hour) */
  readonly maxAgeMs?: number;
  /** Jobs that run at once at most. @default 4 */
  readonly maxConcurrent?: number;
  /** How long a job may take, in milliseconds. @default 60000 */
  readonly timeoutMs?: number;
  /** How often a job may fail. @default 3 */
  readonly maxFailures?: number;
}

/** A tier that puts work off, and tells where it stands. */
export interface LaterTier<Native> extends Tier<Native> {
  /** What a request for one of its jobs is answered; `undefined` for any other path. For `jobs` of the adapters. */
  jobReply(request: RequestView<Native>): Reply | undefined;
}

const known: OptionRules<QueueForLaterOptions> = {
  data: rules.fn,
  run: rules.fn,
  scope: rules.fn,
  path: rules.rule('a path that begins with `/` and does not end with one', (value) =>
    /^(?:\/[^/?#\s]+)+$/.test(String(value)),
  ),
  maxJobs: rules.count(),
  maxPerScope: rules.count(),
  maxBytes: rules.count(),
  maxAgeMs: rules.durationAbove0,
  maxConcurrent: rules.count(),
  timeoutMs: rules.durationAbove0,
  maxFailures: rules.count(),
};

/** The first wait, where nobody knows when the circuit closes, in milliseconds. */
const unknownWaitMs = 5_000;
/** Those who were put off together do not come back together: up to so much later, as a share. */
const spread = 0.25;

/**
 * A tier that does the work later, and answers 202 with the place to ask for it (`Location`, RFC 9110 §15.3.3), when to do so
 * (`Retry-After`), and the job's id. The jobs are in the memory of this process, and are done once the circuit lets them, at a pace that
 * does not trip it again. Nothing is put off after a 4xx. The same `Idempotency-Key` of the same scope, with the same data, gives the same job. What cannot be
 * written as JSON, is too large, or has no room, passes to the next tier.
 *
 * @throws OptionsError at start-up for an unknown or bad option, and without `data`, `run` or `scope`
 */
export function queueForLater<Native, Data>(options: QueueForLaterOptions<Native, Data>): LaterTier<Native> {
  const given = parseOptions<QueueForLaterOptions<Native, Data>>('queueForLater', options, known as never);
  for (const name of ['data', 'run', 'scope'] as const) expectOption(name, given[name], rules.fn);
  const { data, run, scope } = given as QueueForLaterOptions<Native, Data>;
  const { path = '/jobs', maxJobs = 1_000, maxPerScope = 10, maxBytes = 65_536, maxAgeMs = 3_600_000 } = given;
  const { maxConcurrent = 4, timeoutMs = 60_000, maxFailures = 3 } = given;
  const desk = new JobDesk(
    { maxJobs, maxPerScope, maxAgeMs },
    {
      maxConcurrent,
      timeoutMs,
      maxFailures,
      run: (job, signal) => run(JSON.parse(job.data) as Data, { signal }),
    },
  );
  const asked = new AskedOption('scope', scope, 'queueForLater');

  return Object.freeze({
    name: 'queued',
    answer(request: RequestView<Native>, context: TierContext): TierReply | undefined {
      const { through: circuit } = context;
      if (circuit === undefined) return undefined;
      const owner = asked.read(request, circuit);
      if (owner === undefined) return undefined;
      const text = jsonOf(data(request.native));
      if (text === undefined || Buffer.byteLength(text) > maxBytes) return undefined;
      const idempotencyKey = request.headers['idempotency-key'];
      const job = desk.add(
        { scope: owner, data: text, idempotencyKey: idempotencyKey && String(idempotencyKey) },
        circuit,
      );
      return job && accepted(job, `${path}/${job.id}`, context);
    },
    jobReply(request: RequestView<Native>): Reply | undefined {
      const id = request.path.startsWith(`${path}/`) ? request.path.slice(path.length + 1) : '';
      if (id === '' || id.includes('/')) return undefined;
      const { circuit } = desk;
      return jobReply(desk, request.method, id, circuit && asked.read(request, circuit));
    },
  });
}

function accepted({ id, expiresAt }: Job, url: string, { retryAfterMs = unknownWaitMs }: TierContext): TierReply {
  const seconds = Math.ceil((retryAfterMs * (1 + spread * Math.random())) / 1_000);
  return {
    status: 202,
    headers: { location: url, 'retry-after': String(Math.max(1, seconds)) },
    body: { job_id: id, status_url: url, expires_at: new Date(expiresAt).toISOString() },
  };
}

/** @throws TypeError for what JSON would lose: a tier that throws passes to the next, and is told of */
function jsonOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined || value instanceof Promise)
    throw new TypeError('Expected `data` to return what can be written as JSON');
  return text;
}
