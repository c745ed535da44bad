import { canDecode, contentCodings, decoded } from '../answers/content-coding.ts';
import { isJson } from '../replies/media-type.ts';
import type { CapturedAnswer } from './tier.ts';

/**
 * Whether a model's answer is whole, as far as its body tells by the shapes of OpenAI's Chat Completions and Responses, as JSON or as a
 * stream of events: it was not cut for its length, not filtered, no refusal, and no call of a tool that somebody has yet to make. A stream
 * of theirs without its end is not whole either. A compressed body is read; one that cannot be is not whole. Other bodies tell nothing, and are.
 */
export function isWholeLlmAnswer(answer: Pick<CapturedAnswer, 'headers' | 'body'>): boolean {
  const type = String(answer.headers['content-type'] ?? '');
  const isStream = /^\s*text\/event-stream\b/i.test(type);
  if (!isStream && !isJson(type)) return true;
  const body = textOf(answer);
  if (body === undefined) return false;
  if (!isStream) return endsIn(parsed(body)).every((end) => end === 'whole');
  const ends: End[] = [];
  let isModels = false;
  for (const [, data] of body.matchAll(/^data: ?([^\r\n]*)/gm)) {
    const event = parsed(data!);
    isModels ||= isChunk(event);
    ends.push(...endsIn(event));
  }
  return ends.every((end) => end === 'whole') && (!isModels || ends.length > 0);
}

/** Enough for what a model says at most. */
const mostBytes = 1024 * 1024;

function textOf({ headers, body }: Pick<CapturedAnswer, 'headers' | 'body'>): string | undefined {
  const coding = headers['content-encoding'];
  if (coding === undefined) return Buffer.from(body).toString();
  const codings = contentCodings(coding);
  const plain = canDecode(codings) ? decoded(body, codings, mostBytes) : undefined;
  return plain && Buffer.from(plain).toString();
}

type End = 'whole' | 'not whole';
type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly Members[] => (Array.isArray(value) ? value.filter(isMembers) : []);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // `[DONE]`, or another's format
  }
}

/** A part of a stream of one of the two APIs. */
function isChunk(event: unknown): boolean {
  if (!isMembers(event)) return false;
  const { object, type } = event;
  return object === 'chat.completion.chunk' || (typeof type === 'string' && /^response\./.test(type));
}

/** What a completion, a response, or an event of either says about its end. */
function endsIn(value: unknown): End[] {
  if (!isMembers(value)) return [];
  const { choices, type, response } = value;
  const ends = list(choices).flatMap(endOfChoice);
  if (typeof type === 'string' && /^(?:error|response\.(?:failed|incomplete|refusal\..*))$/.test(type))
    ends.push('not whole');
  const answer = isMembers(response) ? response : value;
  if (answer['object'] === 'response' || isMembers(response)) ends.push(...endOfResponse(answer));
  return ends;
}

function endOfChoice({ finish_reason: reason, message, delta }: Members): End[] {
  const said = [message, delta].filter(isMembers);
  const refuses = said.some(({ refusal }) => typeof refusal === 'string' && refusal !== '');
  if (refuses) return ['not whole'];
  if (typeof reason !== 'string') return [];
  return [reason === 'stop' ? 'whole' : 'not whole'];
}

function endOfResponse({ status, output }: Members): End[] {
  if (status === 'in_progress' || status === 'queued') return [];
  const items = list(output);
  const isOpen = items.some(
    ({ type }) => typeof type === 'string' && /(?:^|_)call$/.test(type) && !hasOwnEnd.has(type),
  );
  const refuses = items.some(({ content }) => list(content).some(({ type }) => type === 'refusal'));
  return [status === 'completed' && !isOpen && !refuses ? 'whole' : 'not whole'];
}

/** Calls that the provider makes by itself. */
const hasOwnEnd: ReadonlySet<string> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
]);
