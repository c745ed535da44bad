import OpenAI from 'openai';
import OpenAI4 from 'openai-4';
import OpenAI5 from 'openai-5';
import OpenAI6 from 'openai-6';

/** A client of any version, typed as the newest: the calls that are made here are alike in all. */
export type Client = OpenAI;

interface ClientOptions {
  readonly baseURL: string;
  readonly timeout?: number;
  readonly maxRetries?: number;
  readonly fetch?: typeof fetch;
}

const constructors: Readonly<Record<string, new (options: object) => object>> = {
  4: OpenAI4,
  5: OpenAI5,
  6: OpenAI6,
  7: OpenAI,
};

/** The major versions of the SDK that are supported. */
export const versions: readonly string[] = Object.keys(constructors);

export function createClient(version: string, options: ClientOptions): Client {
  const given = { apiKey: 'none', maxRetries: 0, logLevel: 'off', ...options };
  return new constructors[version]!(given) as Client;
}

/** Where v4 keeps `parse` and `stream` of chat completions. */
interface Before5 {
  readonly beta: { readonly chat: { readonly completions: Client['chat']['completions'] } };
}

const chatOf = (client: Client) =>
  'parse' in client.chat.completions ? client.chat.completions : (client as unknown as Before5).beta.chat.completions;

type Call<T> = (client: Client, model: string, options?: { readonly signal: AbortSignal }) => T;

const chat = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'How much?' }] });
const responses = (model: string) => ({ model, input: 'How much?' });

/** How a whole answer may be asked for. */
export const wholeCalls: Readonly<Record<string, Call<PromiseLike<unknown>>>> = {
  'chat create': (client, model, options) => client.chat.completions.create(chat(model), options),
  'chat parse': (client, model, options) => chatOf(client).parse(chat(model), options),
  'chat withResponse': async (client, model, options) =>
    (await client.chat.completions.create(chat(model), options).withResponse()).data,
  'responses create': (client, model, options) => client.responses.create(responses(model), options),
  'responses parse': (client, model, options) => client.responses.parse(responses(model), options),
};

type Parts = AsyncIterable<unknown>;

/** How a stream may be asked for. */
export const streamCalls: Readonly<Record<string, Call<Parts | PromiseLike<Parts>>>> = {
  'chat create': (client, model, options) => client.chat.completions.create({ ...chat(model), stream: true }, options),
  'chat stream': (client, model, options) => chatOf(client).stream(chat(model), options),
  'chat withResponse': async (client, model, options) =>
    (await client.chat.completions.create({ ...chat(model), stream: true }, options).withResponse()).data,
  'responses create': (client, model, options) =>
    client.responses.create({ ...responses(model), stream: true }, options),
  'responses stream': (client, model, options) => client.responses.stream(responses(model), options),
};
