import { isUint8Array } from 'node:util/types';
import { OptionsError } from '../errors.ts';
import type { AnswerBody, AnswerReply } from './alternate.ts';
import { asReply, normalHeaders, replyProblem } from './reply-shape.ts';
import type { Tier, TierReply } from './tier.ts';

/**
 * A tier that always gives the same answer, of level `static`: a body, or `{ status, headers, body }`. A plain object is a reply
 * when it has a `body` and nothing besides these three. It is copied: changing it later changes nothing.
 *
 * @throws OptionsError at start-up for what cannot be sent
 */
export function fixedAnswer(answer: AnswerBody | AnswerReply): Tier<unknown> {
  const reply = asReply(answer);
  const problem = replyProblem(reply);
  if (problem) throw new OptionsError(`\`fixedAnswer\` cannot be sent: ${problem}`);
  const { status, headers, body } = reply;
  const fixed: TierReply = Object.freeze({
    ...(status !== undefined && { status }),
    ...(headers !== undefined && { headers: deepFrozen(structuredClone(normalHeaders(headers))) }),
    body: copyOf(body),
  });
  return Object.freeze({ name: 'static', answer: () => fixed });
}

function copyOf(body: AnswerBody): AnswerBody {
  if (typeof body === 'string') return body;
  return isUint8Array(body) ? Uint8Array.from(body) : deepFrozen(JSON.parse(JSON.stringify(body)));
}

function deepFrozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === 'object' && member !== null) deepFrozen(member);
  return Object.freeze(value);
}
