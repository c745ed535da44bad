import { Circuit, type Verdict } from '@brownout/core';
import { classifyOpenAIError, expectAnswer, type OpenAIOutcome, openAIOutcome, primedStream } from '@brownout/openai';
import { type Client, streamCalls, wholeCalls } from './clients.ts';

/** What has become of one call: as its circuit has counted it, and what `openAIOutcome` reads of the error. */
export interface Seen {
  readonly verdict: Verdict;
  readonly error: unknown;
  readonly outcome: OpenAIOutcome | undefined;
}

export interface Limits {
  readonly firstMs: number;
  readonly idleMs: number;
  readonly timeoutMs: number;
  /** Aborts when the caller leaves. */
  readonly signal?: AbortSignal;
}

/** Runs a call through a circuit of its own. */
async function seen(limits: Limits, call: (circuit: Circuit) => Promise<unknown>): Promise<Seen> {
  const circuit = new Circuit('model', { classify: classifyOpenAIError, timeoutMs: limits.timeoutMs });
  const verdicts: Verdict[] = [];
  circuit.events.on('settled', ({ verdict }) => void verdicts.push(verdict));
  const error = await call(circuit).then(
    () => undefined,
    (thrown: unknown) => thrown ?? new Error('Nothing was thrown'),
  );
  if (verdicts.length !== 1) throw new Error(`${verdicts.length} verdicts, where one call was made`);
  return { verdict: verdicts[0]!, error, outcome: error === undefined ? undefined : openAIOutcome(error) };
}

/** Asks for a whole answer in every way, or in `most` of them. */
export const wholeOutcomes = (client: Client, model: string, limits: Limits, most: number): readonly Promise<Seen>[] =>
  Object.values(wholeCalls)
    .slice(0, most)
    .map((ask) =>
      seen(limits, (circuit) =>
        circuit.run(async ({ signal }) => expectAnswer(await ask(client, model, { signal })), {
          signal: limits.signal,
        }),
      ),
    );

/** Asks for a stream in every way, or in `most` of them. */
export const streamOutcomes = (client: Client, model: string, limits: Limits, most: number): readonly Promise<Seen>[] =>
  Object.values(streamCalls)
    .slice(-most)
    .map((open) =>
      seen(limits, async (circuit) => {
        const { timeoutMs: _, ...rest } = limits;
        const stream = await primedStream(({ signal }) => open(client, model, { signal }), { ...rest, circuit });
        for await (const _ of stream);
      }),
    );
