// What the closures around the SDK keep of its types, in each version: checked by the compiler, never run.
import type { Circuit } from '@brownout/core';
import { brownoutFetch, classifyOpenAIError, expectAnswer, primedStream } from '@brownout/openai';
import OpenAI from 'openai';
import OpenAI4 from 'openai-4';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_same: Same<A, B>): void {}

const messages = [{ role: 'user' as const, content: 'How much?' }];
const chat = { model: 'gpt-4o-mini', messages };
const asked = { model: 'gpt-4o-mini', input: 'How much?' };

export async function v7(circuit: Circuit): Promise<void> {
  const openai = new OpenAI({ fetch: brownoutFetch(circuit) });
  const whole = await circuit.run(({ signal }) => openai.chat.completions.create(chat, { signal }).then(expectAnswer));
  const plain = await openai.chat.completions.create(chat);
  same<typeof whole, typeof plain>(true);
  const { data, response } = await circuit.run(({ signal }) =>
    openai.chat.completions.create(chat, { signal }).withResponse(),
  );
  same<typeof data, OpenAI.ChatCompletion>(true);
  same<typeof response, Response>(true);
  const parsed = await circuit.run(({ signal }) => openai.chat.completions.parse(chat, { signal }));
  same<(typeof parsed.choices)[0]['message']['parsed'], null>(true);
  const answer = await circuit.run(({ signal }) => openai.responses.create(asked, { signal }).then(expectAnswer));
  same<typeof answer.output_text, string>(true);

  const stream = await primedStream(
    ({ signal }) => openai.chat.completions.create({ ...chat, stream: true }, { signal }),
    { circuit },
  );
  for await (const part of stream) same<typeof part, OpenAI.ChatCompletionChunk>(true);
  same<typeof stream.source.controller, AbortController>(true);
  const helper = await primedStream(({ signal }) => openai.chat.completions.stream(chat, { signal }));
  for await (const part of helper) same<typeof part, OpenAI.ChatCompletionChunk>(true);
  same<Awaited<ReturnType<typeof helper.source.finalContent>>, string | null>(true);
  const events = await primedStream(({ signal }) => openai.responses.create({ ...asked, stream: true }, { signal }));
  for await (const event of events) same<typeof event, OpenAI.Responses.ResponseStreamEvent>(true);
}

export async function v6(circuit: Circuit): Promise<void> {
  const openai = new OpenAI6({ fetch: brownoutFetch(circuit) });
  const whole = await circuit.run(({ signal }) => openai.chat.completions.create(chat, { signal }).then(expectAnswer));
  const plain = await openai.chat.completions.create(chat);
  same<typeof whole, typeof plain>(true);
  const stream = await primedStream(({ signal }) =>
    openai.chat.completions.create({ ...chat, stream: true }, { signal }),
  );
  for await (const part of stream) same<typeof part, OpenAI6.ChatCompletionChunk>(true);
  const helper = await primedStream(({ signal }) => openai.responses.stream(asked, { signal }));
  same<Awaited<ReturnType<typeof helper.source.finalResponse>>['output_text'], string>(true);
}

export async function v5(circuit: Circuit): Promise<void> {
  const openai = new OpenAI5({ fetch: brownoutFetch(circuit) });
  const whole = await circuit.run(({ signal }) => openai.chat.completions.create(chat, { signal }).then(expectAnswer));
  const plain = await openai.chat.completions.create(chat);
  same<typeof whole, typeof plain>(true);
  const stream = await primedStream(({ signal }) =>
    openai.chat.completions.create({ ...chat, stream: true }, { signal }),
  );
  for await (const part of stream) same<typeof part, OpenAI5.ChatCompletionChunk>(true);
}

export async function v4(circuit: Circuit): Promise<void> {
  const openai = new OpenAI4({ fetch: brownoutFetch(circuit) });
  const whole = await circuit.run(({ signal }) => openai.chat.completions.create(chat, { signal }).then(expectAnswer));
  const plain = await openai.chat.completions.create(chat);
  same<typeof whole, typeof plain>(true);
  const parsed = await circuit.run(({ signal }) => openai.beta.chat.completions.parse(chat, { signal }));
  same<(typeof parsed.choices)[0]['message']['parsed'], null>(true);
  const stream = await primedStream(({ signal }) =>
    openai.chat.completions.create({ ...chat, stream: true }, { signal }),
  );
  for await (const part of stream) same<typeof part, OpenAI4.ChatCompletionChunk>(true);
}

export const options = { classify: classifyOpenAIError } satisfies ConstructorParameters<typeof Circuit>[1];

// @ts-expect-error a stream is to be had, not an answer
export const notAStream = primedStream(() => new OpenAI().chat.completions.create(chat));
