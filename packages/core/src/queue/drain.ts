import { ownerOf } from '../circuit/attribution.ts';
import type { CircuitHandle } from '../circuit/circuit-handle.ts';
import { retryAfterOf } from '../circuit/retry-after.ts';
import { statusOf } from '../classify.ts';
import { mostTimerMs } from '../clock.ts';
import { RefusedError } from '../errors.ts';
import { outside } from '../outside.ts';
import { isOver, type Job } from './job.ts';
import type { MemoryQueue } from './memory-queue.ts';
import { Pace } from './pace.ts';

export interface DrainOptions {
  /** Does the job, and returns its result: what JSON can write. */
  readonly run: (job: Job, signal: AbortSignal) => unknown;
  /** Jobs that run at once at most. */
  readonly maxConcurrent: number;
  /** How long a job may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How often a job may fail. */
  readonly maxFailures: number;
}

/** Live requests have this long to probe a circuit first, in milliseconds. */
const liveFirstMs = 1_000;
/** Results are kept as long as jobs are, and there may be as many. */
const mostResultBytes = 1_048_576;
/** A circuit that is forced open is looked at again so often. */
const forcedOpenMs = 10_000;

/**
 * Does the jobs of a queue through their circuit, at a pace that does not trip it again: while it is closed, one at first and then
 * more, fewer as soon as anything fails, be it a job or a live request. A circuit that nobody else probes is probed with a job.
 */
export class Drain {
  readonly #circuit: CircuitHandle;
  readonly #queue: MemoryQueue;
  readonly #options: DrainOptions;
  readonly #pace: Pace;
  #running = 0;
  #pausedUntil = 0;
  #failures: number;
  #timer: NodeJS.Timeout | undefined;
  /** What ends the listening. */
  readonly #unlisten: (() => void)[];
  /** Live requests had their chance to probe. */
  #isProbing = false;

  constructor(circuit: CircuitHandle, queue: MemoryQueue, options: DrainOptions) {
    this.#circuit = circuit;
    this.#queue = queue;
    this.#options = options;
    this.#pace = new Pace(options.maxConcurrent);
    this.#failures = this.#failuresNow;
    this.#unlisten = (['closed', 'mode_changed', 'reset'] as const).map((name) =>
      circuit.events.on(name, (event) => {
        if (event.circuit === circuit.name) this.wake();
      }),
    );
  }

  /** Nothing is left to do. */
  close(): void {
    clearTimeout(this.#timer);
    for (const off of this.#unlisten) off();
  }

  /** Runs what may run now: in the context of no request, whoever has put it off, and whoever has closed the circuit. */
  wake(): void {
    outside.runInAsyncScope(this.#run, this);
  }

  #run(): void {
    clearTimeout(this.#timer);
    const { clock } = this.#circuit;
    for (;;) {
      if (this.#queue.waiting === 0 || this.#running >= this.#pace.limit) return;
      const waitMs = Math.max(this.#pausedUntil - clock.now(), this.#untilAdmitted());
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#retry(), Math.min(waitMs, mostTimerMs));
        // a process that has nothing else to do may exit: these jobs are in its memory alone
        this.#timer.unref();
        return;
      }
      const job = this.#queue.next();
      if (job === undefined) return;
      void this.#do(job);
    }
  }

  /** Milliseconds until a job may be tried: 0 while the circuit is closed. */
  #untilAdmitted(): number {
    const { state, mode, retryAfterMs } = this.#circuit;
    if (state === 'closed' || mode === 'disabled' || mode === 'shadow') return 0;
    if (state === 'open') return (retryAfterMs ?? forcedOpenMs) + liveFirstMs;
    return this.#running === 0 && this.#isProbing ? 0 : liveFirstMs;
  }

  #retry(): void {
    this.#isProbing = this.#circuit.state === 'half_open' && this.#circuit.inFlight === 0;
    this.wake();
    this.#isProbing = false;
  }

  async #do(job: Job): Promise<void> {
    this.#running++;
    const { run, timeoutMs } = this.#options;
    job.stop = new AbortController();
    let isItsOwnFault = false;
    const call = async ({ signal }: { readonly signal: AbortSignal }) => {
      try {
        return await run(job, signal);
      } catch (error) {
        // what an inner circuit has counted is nobody's fault here
        isItsOwnFault = this.#circuit.verdictOf({ error }) === 'ignore' && ownerOf(error) === undefined;
        throw error;
      }
    };
    try {
      this.#done(job, await this.#circuit.run(call, { signal: job.stop.signal, timeoutMs }));
    } catch (error) {
      this.#failed(job, error, isItsOwnFault);
    }
    this.#running--;
    this.#look();
    this.wake();
  }

  /** A result that cannot be kept is no failure of what the circuit protects. */
  #done(job: Job, value: unknown): void {
    try {
      const result: string | undefined = JSON.stringify(value ?? null);
      if (result === undefined || Buffer.byteLength(result) > mostResultBytes)
        throw new TypeError(`Expected \`run\` to return what takes at most ${mostResultBytes} bytes as JSON`);
      this.#queue.end(job, 'done', result);
    } catch (error) {
      this.#giveUp(job, error);
    }
  }

  /** The job has failed for good. Nobody else would hear of the error. */
  #giveUp(job: Job, error: unknown): void {
    if (isOver(job)) return;
    const { name: circuit, clock, events } = this.#circuit;
    this.#queue.end(job, 'failed');
    events.emit('tier_failed', { circuit, at: clock.wall(), level: 'queued', error });
  }

  #failed(job: Job, error: unknown, isItsOwnFault: boolean): void {
    const { clock } = this.#circuit;
    if (error instanceof RefusedError || statusOf(error) === 429) {
      this.#queue.putBack(job);
      // not a failure: but there is no room
      this.#pausedUntil = clock.now() + Math.max(liveFirstMs, retryAfterOf(error, clock));
      return;
    }
    if (isItsOwnFault || ++job.failures >= this.#options.maxFailures) {
      this.#giveUp(job, error);
    } else this.#queue.putBack(job);
  }

  /** Whether anything failed since it was looked at last, of whomever, decides the pace. */
  #look(): void {
    const failures = this.#failuresNow;
    if (failures === this.#failures) this.#pace.succeeded();
    else this.#pausedUntil = this.#circuit.clock.now() + this.#pace.failed();
    this.#failures = failures;
  }

  get #failuresNow(): number {
    return this.#circuit.metrics().calls.failure;
  }
}
