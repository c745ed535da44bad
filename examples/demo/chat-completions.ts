import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatMessage } from './scripted-model.ts';
import { answerFrom } from './scripted-model.ts';

/** A call of OpenAI's `POST /v1/chat/completions`, as far as the embedded upstream honours it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

export function parseChatRequest(body: string): ChatRequest | undefined {
  try {
    const parsed = JSON.parse(body);
    return typeof parsed?.model === 'string' && Array.isArray(parsed.messages) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

export function sendError(res: ServerResponse, status: number, message: string, type: string, code?: string): void {
  sendJson(res, status, { error: { message, type, param: null, code: code ?? null } });
}

export function sendCompletion(res: ServerResponse, request: ChatRequest): void {
  const content = answerFrom(request.messages);
  sendJson(res, 200, {
    ...head(request, 'chat.completion'),
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: usage(request, content),
  });
}

/** Sends the answer word by word as server-sent events, `paceMs` apart; after `stallAfter` words, if any, nothing more. */
export async function streamCompletion(
  res: ServerResponse,
  request: ChatRequest,
  paceMs: number,
  stallAfter = Number.POSITIVE_INFINITY,
): Promise<void> {
  const content = answerFrom(request.messages);
  const chunk = head(request, 'chat.completion.chunk');
  const send = (choices: object[], more = {}) => {
    res.write(`data: ${JSON.stringify({ ...chunk, choices, ...more })}\n\n`);
  };
  const choice = (delta: object, finish_reason: string | null = null) => [
    { index: 0, delta, logprobs: null, finish_reason },
  ];
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  send(choice({ role: 'assistant', content: '', refusal: null }));
  for (const [position, word] of (content.match(/\S+\s*/g) ?? []).entries()) {
    if (position === stallAfter) return;
    await sleep(paceMs, undefined, { ref: false });
    if (res.destroyed) return;
    send(choice({ content: word }));
  }
  send(choice({}, 'stop'));
  if (request.stream_options?.include_usage) send([], { usage: usage(request, content) });
  res.end('data: [DONE]\n\n');
}

function sendJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function head({ model }: ChatRequest, object: string) {
  return {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model,
    service_tier: 'default',
    system_fingerprint: null,
  };
}

/** Four characters are about a token. */
function usage({ messages }: ChatRequest, content: string) {
  const prompt_tokens = Math.ceil(JSON.stringify(messages).length / 4);
  const completion_tokens = Math.ceil(content.length / 4);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
