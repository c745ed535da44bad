import { type Brownout, brownout as processDefault, setRule } from './brownout.ts';
import type { Call } from './circuit/call.ts';
import { Circuit, circuitName } from './circuit/circuit.ts';
import { type CircuitOptions, circuitOptionRules } from './circuit/circuit-options.ts';
import { refusalError } from './circuit/refusal-error.ts';
import { retryAfterOf } from './circuit/retry-after.ts';
import { deadlineOf, type RunOptions, type WatchedRunOptions } from './circuit/run-options.ts';
import { statusOf } from './classify.ts';
import { OptionsError, RefusedError } from './errors.ts';
import { expectOption, type OptionRules, parseOptions, rules } from './options.ts';

/** One of several that can give the same answer: a provider and model. */
export interface Provider<Input, T> {
  /** Told to the client and to listeners, such as `openai/gpt-5`. */
  readonly name: string;
  /** Asks it. Hand the `signal` on. */
  readonly run: (input: Input, call: Call) => T | PromiseLike<T>;
  /** @default the one that is named like it */
  readonly circuit?: string | Circuit;
}

/** Options of `failover`, and of the circuits that it makes. */
export interface FailoverOptions extends Omit<CircuitOptions, 'timeoutMs'> {
  /** Which set the circuits are in. @default the process's, `brownout` */
  readonly brownout?: Brownout;
  /**
   * One deadline over all, in milliseconds; 0 is none. Each but the last has half of what is left of it. In `req.brownout.run` it is at
   * most nine tenths of what the route has left.
   * @default 0
   */
  readonly timeoutMs?: number;
  /**
   * A provider that had less time than this, in milliseconds, since others or the route had used it up, and gave no answer in it, is not blamed: its
   * circuit counts nothing. Where the whole time is short it is at most half of what the first has of that.
   * @default 1000
   */
  readonly leastMs?: number;
  /**
   * Whether another may do better after this error. What none could do better, such as a question that is refused as malformed, is thrown
   * at once. @default errors without a status, 401, 403, 408, 429, 5xx, and what says `model_not_found` (for OpenAI's: `openAIOutcome(error).next`)
   */
  readonly next?: (error: unknown) => boolean;
}

/** Options of one call. */
export interface FailoverRunOptions extends RunOptions {
  /** What `timeoutMs` would be had nothing of it been used up by others, in milliseconds. @default the `timeoutMs` of the failover, or else this call's */
  readonly wholeMs?: number | undefined;
}

/** An answer, and who gave it. */
export interface Provided<T> {
  readonly value: T;
  /** The provider's name. */
  readonly provider: string;
}

type Circuited<Input, T> = Provider<Input, T> & {
  readonly circuit: Circuit;
  /** It has asked not to be asked before, by its circuit's clock. */
  restsUntil: number;
};

/** The longest `Retry-After` of a 429 that is obeyed without asking again, in milliseconds. */
const mostRestMs = 300_000;

const providerRules: OptionRules<Provider<never, unknown>> = {
  name: circuitName,
  run: rules.fn,
  circuit: rules.or(
    circuitName,
    rules.rule('a `Circuit`', (value) => value instanceof Circuit),
  ),
};
const ownRules: OptionRules<Omit<FailoverOptions, keyof CircuitOptions> & { readonly timeoutMs?: number }> = {
  brownout: setRule,
  timeoutMs: rules.duration,
  leastMs: rules.duration,
  next: rules.fn,
};

/** Several providers, asked in turn until one answers, each through a circuit of its own. */
export class Failover<Input, T> {
  readonly #providers: readonly Circuited<Input, T>[];
  readonly #timeoutMs: number;
  readonly #leastMs: number;
  readonly #next: (error: unknown) => boolean;

  /** @throws OptionsError */
  constructor(providers: readonly Provider<Input, T>[], options?: FailoverOptions) {
    const known = { ...circuitOptionRules, ...ownRules } as OptionRules<FailoverOptions>;
    const {
      brownout = processDefault,
      timeoutMs = 0,
      leastMs = 1_000,
      next = mayDoBetter,
      ...ofCircuits
    } = parseOptions('failover', options, known);
    expectOption('providers', providers, atLeastOne);
    this.#timeoutMs = timeoutMs;
    this.#leastMs = leastMs;
    this.#next = next;
    this.#providers = providers.map((given) => {
      const parsed = parseOptions<Provider<Input, T>>('provider', given, providerRules);
      expectOption('name', parsed.name, circuitName);
      expectOption('run', parsed.run, rules.fn);
      const { name, run, circuit = name } = parsed as Provider<Input, T>;
      const own = circuit instanceof Circuit ? circuit : brownout.circuit(circuit, ofCircuits);
      return { name, run, circuit: own, restsUntil: Number.NEGATIVE_INFINITY };
    });
    const names = new Set(this.#providers.map(({ name }) => name));
    if (names.size < providers.length) throw new OptionsError('Each provider must have a `name` of its own.');
  }

  /** The providers' names, in order. */
  get names(): readonly string[] {
    return this.#providers.map(({ name }) => name);
  }

  /**
   * Asks the first provider whose circuit is not open, and the next when it fails. One that answers 429 with a `Retry-After` is left alone
   * until then, for five minutes at most. Once one has answered there is no going back: a stream that breaks later is not taken up by
   * another.
   *
   * @throws what the last one failed with, or the first with what none could do better; when there is none to ask, the refusal of the one
   * that may be asked first. All as rejections.
   */
  async run(input: Input, options?: FailoverRunOptions): Promise<Provided<T>> {
    const able = this.#providers.filter((provider) => provider.circuit.state !== 'open' && restMs(provider) <= 0);
    if (able.length === 0) {
      const soonest = this.#soonest();
      const retryAfterMs = restMs(soonest);
      if (retryAfterMs > 0 && retryAfterMs === untilAsked(soonest))
        throw refusalError(soonest.circuit.name, { admitted: false, reason: 'rate_limited', retryAfterMs });
      // its refusal says when to come back
      able.push(soonest);
    }
    const { clock } = able[0]!.circuit;
    const timeoutMs = deadlineOf({ timeoutMs: this.#timeoutMs }, options);
    const leastMs = this.#leastOf(options, able.length);
    const endsAt = timeoutMs > 0 ? clock.now() + timeoutMs : Number.POSITIVE_INFINITY;
    let failure: unknown;
    for (const [at, provider] of able.entries()) {
      const leftMs = endsAt - clock.now();
      if (leftMs <= 0) break;
      const share = at < able.length - 1 ? leftMs / 2 : leftMs;
      try {
        const own: WatchedRunOptions | undefined = Number.isFinite(share)
          ? { ...options, timeoutMs: share, isCutShort: share < leastMs }
          : options;
        return this.#told(provider, at, await provider.circuit.run((call) => provider.run(input, call), own));
      } catch (error) {
        if (options?.signal?.aborted) throw error;
        rest(provider, error);
        // a refusal meanwhile says less than a failure
        if (error instanceof RefusedError) failure ??= error;
        else if (this.#isNextWorthIt(error, provider.circuit)) failure = error;
        else throw error;
      }
    }
    throw failure;
  }

  /** Below this much of the time a deadline says nothing of a provider. */
  #leastOf(options: FailoverRunOptions | undefined, count: number): number {
    const given = options?.wholeMs ?? (this.#timeoutMs > 0 ? undefined : options?.timeoutMs);
    const wholeMs = deadlineOf({ timeoutMs: this.#timeoutMs }, { timeoutMs: given });
    const first = count > 1 ? wholeMs / 2 : wholeMs;
    return Math.min(this.#leastMs, first / 2);
  }

  #told({ name, circuit }: Circuited<Input, T>, passedOver: number, value: T): Provided<T> {
    const { events, clock } = circuit;
    if (events.wanted('provided')) {
      events.emit('provided', { circuit: circuit.name, at: clock.wall(), provider: name, passedOver });
    }
    return { value, provider: name };
  }

  #isNextWorthIt(error: unknown, { events, clock }: Circuit): boolean {
    try {
      return this.#next(error) === true;
    } catch (fault) {
      events.emit('option_failed', { at: clock.wall(), option: 'next', error: fault });
      return true;
    }
  }

  /** The one that may be asked first; those that were forced open come last. */
  #soonest(): Circuited<Input, T> {
    return this.#providers.reduce((best, one) => (untilAsked(one) < untilAsked(best) ? one : best));
  }
}

type Resting = Pick<Circuited<never, unknown>, 'circuit' | 'restsUntil'>;

const restMs = ({ circuit, restsUntil }: Resting): number => restsUntil - circuit.clock.now();

function untilAsked(provider: Resting): number {
  const { state, retryAfterMs = Number.POSITIVE_INFINITY } = provider.circuit;
  return Math.max(state === 'open' ? retryAfterMs : 0, restMs(provider));
}

function rest(provider: Resting, error: unknown): void {
  if (statusOf(error) !== 429 || error instanceof RefusedError) return;
  const { clock } = provider.circuit;
  provider.restsUntil = clock.now() + Math.min(retryAfterOf(error, clock), mostRestMs);
}

/**
 * Several providers that can give the same answer: `const ask = failover([{ name: 'openai', run }, { name: 'azure', run }])`, then
 * `const { value, provider } = await req.brownout.run(ask, question)` in a handler, or `ask.run(question)` anywhere.
 *
 * @throws OptionsError at start-up
 */
export function failover<Input, T>(
  providers: readonly Provider<Input, T>[],
  options?: FailoverOptions,
): Failover<Input, T> {
  return new Failover(providers, options);
}

const atLeastOne = rules.rule('an array of at least one provider', (value) => Array.isArray(value) && value.length > 0);

/** 4xx says that the question is bad; but for those that say something about us, or about the provider. */
function mayDoBetter(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined || status >= 500 || [401, 403, 408, 429].includes(status)) return true;
  return (error as { readonly code?: unknown }).code === 'model_not_found'; // OpenAI's word, which others have taken up
}
