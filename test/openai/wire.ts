/** The two APIs of OpenAI that stream text. */
export type Api = 'chat' | 'responses';

const created = 1_760_000_000;

/** A whole answer, as each API gives it. */
export function wholeBody(api: Api, text: string): object {
  return api === 'chat'
    ? {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created,
        model: 'scripted',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: text, refusal: null },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }
    : response('completed', [message(text)]);
}

/** A Responses object. */
function response(status: string, output: readonly object[] = [], error: object | null = null): object {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: created,
    model: 'scripted',
    status,
    error,
    incomplete_details: null,
    output,
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    metadata: {},
    usage: null,
  };
}

const message = (text: string) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});

/** The body of an error, as both APIs give it. */
export const errorBody = (text: string, type: string, code: string | null = null): { error: object } => ({
  error: { message: text, type, param: null, code },
});

/** The parts of a stream, each the text of one server-sent event. */
export interface StreamWords {
  /** What comes before there is any text. */
  readonly opening: string;
  readonly token: (text: string) => string;
  /** The marker that nothing is missing. */
  readonly ending: string;
}

const data = (body: object) => `data: ${JSON.stringify(body)}\n\n`;
const event = (body: { readonly type: string }) => `event: ${body.type}\n${data(body)}`;

const chunk = (delta: object, finish_reason: string | null = null) =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created,
    model: 'scripted',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });

const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const text = { type: 'output_text', text: '', annotations: [] };

export const streamWords: Readonly<Record<Api, StreamWords>> = {
  chat: {
    opening: chunk({ role: 'assistant', content: '', refusal: null }),
    token: (content) => chunk({ content }),
    ending: `${chunk({}, 'stop')}data: [DONE]\n\n`,
  },
  responses: {
    opening: [
      event({ type: 'response.created', response: response('in_progress') } as never),
      event({ type: 'response.in_progress', response: response('in_progress') } as never),
      event({
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] },
      } as never),
      event({ type: 'response.content_part.added', ...place, part: text } as never),
    ].join(''),
    token: (delta) => event({ type: 'response.output_text.delta', ...place, delta } as never),
    ending: event({ type: 'response.completed', response: wholeBody('responses', '') } as never),
  },
};

/** An event that says that it has failed, in the middle of a stream. */
export const failedEvent = (api: Api, code: string, text: string): string =>
  api === 'chat'
    ? data(errorBody(text, code, code))
    : event({ type: 'response.failed', response: response('failed', [], { code, message: text }) } as never);

/** The same, flat and named, as the Responses API and some gateways send it. */
export const flatErrorEvent = (code: string, message: string): string =>
  event({ type: 'error', code, message, param: null } as never);
