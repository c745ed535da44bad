import type { RefusalReason } from './events.ts';

/** Machine-readable names of our errors. */
export type BrownoutErrorCode =
  | 'ERR_CIRCUIT_OPEN'
  | 'ERR_DEADLINE'
  | 'ERR_OVERLOADED'
  | 'ERR_RATE_LIMITED'
  | 'ERR_ANSWER'
  | 'ERR_TIER'
  | 'ERR_OPTIONS';

/** What every error of ours is an instance of. */
export class BrownoutError extends Error {
  override readonly name: string = 'BrownoutError';
  readonly code: BrownoutErrorCode;

  constructor(code: BrownoutErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a refusal carries when it is thrown: hosts render `status` and `headers` (RFC 9110 §10.2.3). */
export abstract class RefusedError extends BrownoutError {
  readonly status: number = 503;
  readonly statusCode: number = 503;
  /** The name of the circuit that refused. */
  readonly circuit: string;
  readonly reason: RefusalReason;
  /** Milliseconds until it probes again or has room; `undefined` when that is not known. */
  readonly retryAfterMs: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: BrownoutErrorCode,
    message: string,
    circuit: string,
    reason: RefusalReason,
    retryAfterMs: number | undefined,
  ) {
    super(code, message);
    this.circuit = circuit;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.headers =
      retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  }
}

/** The circuit is open, or forced open, or half-open with all its probes under way. */
export class CircuitOpenError extends RefusedError {
  override readonly name = 'CircuitOpenError';
  /** True when somebody forced it open. */
  readonly forced: boolean;

  constructor(circuit: string, retryAfterMs: number | undefined, forced = false) {
    const when = retryAfterMs === undefined ? '' : `; try again in ${Math.max(1, Math.ceil(retryAfterMs / 1000))} s`;
    super(
      'ERR_CIRCUIT_OPEN',
      `The circuit \`${circuit}\` is ${forced ? 'forced open' : 'open'}${when}`,
      circuit,
      forced ? 'forced_open' : 'circuit_open',
      retryAfterMs,
    );
    this.forced = forced;
  }
}

/** More calls are in flight than `maxConcurrent` allows. */
export class OverloadedError extends RefusedError {
  override readonly name = 'OverloadedError';

  constructor(circuit: string) {
    const message = `The circuit \`${circuit}\` has as many calls in flight as its \`maxConcurrent\` allows`;
    super('ERR_OVERLOADED', message, circuit, 'overloaded', undefined);
  }
}

/** The circuit's `rateLimit` has no room, or what it protects has said so: it would run into a quota. */
export class RateLimitedError extends RefusedError {
  override readonly name = 'RateLimitedError';
  override readonly status = 429;
  override readonly statusCode = 429;

  constructor(circuit: string, retryAfterMs: number | undefined) {
    const when = retryAfterMs === undefined ? '' : `; try again in ${Math.max(1, Math.ceil(retryAfterMs / 1000))} s`;
    super(
      'ERR_RATE_LIMITED',
      `The circuit \`${circuit}\` is at its rate limit${when}`,
      circuit,
      'rate_limited',
      retryAfterMs,
    );
  }
}

/** Which option sets a limit of time. */
export type TimeLimit = 'timeoutMs' | 'stream.idleMs' | 'stream.totalMs';

const overruns: Readonly<Record<TimeLimit, string>> = {
  timeoutMs: 'saw no answer within',
  'stream.idleMs': 'saw an answer fall silent for',
  'stream.totalMs': 'saw an answer that was not whole after',
};

/** Time was over: before there was an answer, or in the middle of one. */
export class DeadlineError extends BrownoutError {
  override readonly name = 'DeadlineError';
  readonly status = 503;
  readonly statusCode = 503;
  readonly circuit: string;
  readonly timeoutMs: number;
  /** The option that set this limit. */
  readonly limit: TimeLimit;

  constructor(circuit: string, timeoutMs: number, limit: TimeLimit = 'timeoutMs') {
    const named = limit === 'timeoutMs' ? '' : ` (\`${limit}\`)`;
    super('ERR_DEADLINE', `The circuit \`${circuit}\` ${overruns[limit]} ${timeoutMs} ms${named}`);
    this.circuit = circuit;
    this.timeoutMs = timeoutMs;
    this.limit = limit;
  }
}

/** A tier answered with what cannot be sent, or not in its time. Seen only in `tier_failed` events: the next tier is asked. */
export class TierError extends BrownoutError {
  override readonly name = 'TierError';
  /** The tier's name. */
  readonly tier: string;

  constructor(tier: string, problem: string) {
    super('ERR_TIER', `The tier \`${tier}\` failed: ${problem}`);
    this.tier = tier;
  }
}

/** An option is unknown, of the wrong type, out of range, or contradicts another. Thrown at start-up only. */
export class OptionsError extends BrownoutError {
  override readonly name = 'OptionsError';

  constructor(message: string) {
    super('ERR_OPTIONS', message);
  }
}
