import { normalHeaders, replyProblem } from '../tiers/reply-shape.ts';

const known = new WeakSet<object>();

/**
 * Whether headers can be sent as they are: an object of lower-case names, legal values, and nothing of framing. Looked into once for
 * each object, since what a store keeps never changes.
 */
export function areSendable(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  if (known.has(headers)) return true;
  const given = headers as Record<string, string>;
  if (replyProblem({ headers: given, body: '' }) !== undefined || normalHeaders(given) !== given) return false;
  known.add(headers);
  return true;
}
