import { isUint8Array } from 'node:util/types';
import { isPlainObject, rules, shown } from '../options.ts';
import type { ReplyHeaders } from '../reply.ts';
import type { TierReply } from './tier.ts';

/** A final status (RFC 9110 §15) that may have a body. */
export const statusRule = rules.rule(
  'a status from 200 to 599 that may have a body',
  (value) => isStatus(value) && value !== 204 && value !== 205 && value !== 304,
);

const isStatus = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599;

const replyMembers = new Set(['status', 'headers', 'body']);

/**
 * Tells a body from a whole reply: a plain object is a reply when it has a `body` and nothing besides `status`, `headers` and
 * `body`; every other value is a body. A body of that very shape is sent as `{ body: { body: … } }`.
 */
export function asReply(value: unknown): TierReply {
  const isReply =
    isPlainObject(value) && Object.hasOwn(value, 'body') && Object.keys(value).every((key) => replyMembers.has(key));
  return (isReply ? value : { body: value }) as unknown as TierReply;
}

/** What is wrong with a reply, in a sentence; `undefined` when it can be sent. */
export function replyProblem(reply: unknown): string | undefined {
  if (typeof reply !== 'object' || reply === null)
    return `Expected the answer to be an object with a \`body\`, got ${shown(reply)}.`;
  const { status, headers, body, level, cachedAt } = reply as Partial<TierReply>;
  if (status !== undefined && !isStatus(status))
    return `Expected \`status\` to be a whole number from 200 to 599, got ${shown(status)}.`;
  if (level !== undefined && (typeof level !== 'string' || level === ''))
    return `Expected \`level\` to be a string that is not empty, got ${shown(level)}.`;
  if (cachedAt !== undefined && !Number.isFinite(cachedAt))
    return `Expected \`cachedAt\` to be a time in milliseconds, got ${shown(cachedAt)}.`;
  return bodyProblem(body) ?? (headers === undefined ? undefined : headersProblem(headers));
}

function bodyProblem(body: unknown): string | undefined {
  if (typeof body === 'string' || isUint8Array(body)) return undefined;
  if (!isPlainObject(body)) return `Expected \`body\` to be a plain object, a string or bytes, got ${shown(body)}.`;
  try {
    if (JSON.stringify(body)?.[0] === '{') return undefined;
    return 'Expected `body` to be a JSON object, but its `toJSON` made something else of it.';
  } catch (error) {
    return `Expected \`body\` to be JSON, but it cannot be written: ${error instanceof Error ? error.message : 'it threw'}`;
  }
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What Node refuses in a value (RFC 9110 §5.5, bytes above 0x7f allowed). */
const illegalInValue = /[^\t\x20-\x7e\x80-\xff]/;

const isValue = (value: unknown) =>
  typeof value === 'string' ? !illegalInValue.test(value) : typeof value === 'number' && Number.isFinite(value);

function headersProblem(headers: unknown): string | undefined {
  if (!isPlainObject(headers)) return `Expected \`headers\` to be a plain object, got ${shown(headers)}.`;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (!token.test(name)) return `${shown(name)} is no name of a header.`;
    if (value === undefined) continue;
    if (!(Array.isArray(value) ? value.every(isValue) : isValue(value)))
      return `The header \`${name}\` cannot have the value ${shown(value)}.`;
  }
  return undefined;
}

/** Framing and the connection are the sender's (RFC 9110 §7.6.1, §8.6). */
const senders = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Legal headers as the sender wants them: lower-case names, strings, nothing of framing. The same object when it is so already. */
export function normalHeaders(headers: ReplyHeaders): ReplyHeaders {
  const names = Object.keys(headers);
  if (names.every((name) => isNormal(name, headers[name]))) return headers;
  const normal: ReplyHeaders = {};
  for (const name of names) {
    const value = headers[name];
    const lower = name.toLowerCase();
    if (value === undefined || senders.has(lower)) continue;
    normal[lower] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return normal;
}

const isNormal = (name: string, value: unknown) =>
  (typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'))) &&
  !senders.has(name) &&
  name === name.toLowerCase();
