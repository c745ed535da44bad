import { type OptionRules, parseOptions, rules } from '@brownout/core';
import type { RunsCalls } from './runs-calls.ts';
import { type PrimedStream, WatchedStream } from './watched-stream.ts';

export interface PrimedStreamOptions {
  /** To the first useful part, in milliseconds, opening the request included; 0 is none. @default 30000 */
  readonly firstMs?: number | undefined;
  /** From then on: silence, in milliseconds; keep-alives are silence, too; 0 is none. @default 30000 */
  readonly idleMs?: number | undefined;
  /** The caller's: that of the route, which aborts when its client leaves. */
  readonly signal?: AbortSignal | undefined;
  /** Runs it: as `circuit.run(({ signal }) => primedStream(open, { signal }))`, which does the same. */
  readonly circuit?: RunsCalls | undefined;
}

const isSignal = (value: unknown) => value instanceof AbortSignal;
const runs = (value: unknown) => typeof (value as Partial<RunsCalls> | null)?.run === 'function';

const known: OptionRules<PrimedStreamOptions> = {
  firstMs: rules.duration,
  idleMs: rules.duration,
  signal: rules.rule('an AbortSignal', isSignal),
  circuit: rules.rule('a circuit, or an object with its `run`', runs),
};

/**
 * Opens a stream and waits until it has something for the reader: text, a tool call or a refusal. Until then nothing needs to be
 * written, and what it throws can still be answered by another provider or a tier. From then on it passes the parts on as they come
 * (those that came before first), watches for silence, and asks for an end marker: a stream that has none was cut. A circuit whose `run` gives
 * it to its reader counts the call once, by how the stream has ended; the circuit's `timeoutMs` is to the first part, too.
 *
 * @param open starts the request: hand it the signal, which ends it when the time is up, the caller leaves or the reader breaks off
 * @throws what `open` throws; OpenAIAnswerError for a stream that is late, silent, cut or says that it has failed, here or in the
 * loop that reads it; the reason of `signal`; with `circuit` what its `run` throws; OptionsError for a bad option
 */
export async function primedStream<Source extends AsyncIterable<unknown>>(
  open: (call: { readonly signal: AbortSignal }) => Source | PromiseLike<Source>,
  options?: PrimedStreamOptions,
): Promise<PrimedStream<Source>> {
  const { firstMs = 30_000, idleMs = 30_000, signal, circuit } = parseOptions('primedStream', options, known);
  const begin = async (call?: { readonly signal: AbortSignal }) => {
    const stream = new WatchedStream<Source>(idleMs, both(signal, call?.signal));
    await stream.begin(open, firstMs);
    return stream;
  };
  if (circuit === undefined) return begin();
  return circuit.run(begin, signal && { signal });
}

/** What aborts when either does. */
function both(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one && other && one !== other ? AbortSignal.any([one, other]) : (one ?? other);
}
