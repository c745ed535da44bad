import type { FallbackReason } from '@brownout/core';
import type { OpenAIOutcomeKind } from './upstream-code.ts';

const refusals: readonly unknown[] = ['circuit_open', 'forced_open', 'overloaded', 'rate_limited'];

/**
 * Why a tier answers for an error, where its verdict does not tell. What an upstream has against our key or our quota is not the
 * client's to see, and an error without a status would be shown as a fault of the application.
 */
export function reasonFor(kind: OpenAIOutcomeKind, error: unknown): FallbackReason | undefined {
  const { status, code } = (typeof error === 'object' && error !== null ? error : {}) as {
    status?: unknown;
    code?: unknown;
  };
  switch (kind) {
    case 'timeout':
      return 'timeout';
    case 'insufficient_quota':
    case 'unauthorized':
    case 'no_such_model':
    case 'aborted':
      return 'failure';
    case 'refused':
      return refusals.includes(code) ? (code as FallbackReason) : 'circuit_open';
    case 'rate_limited':
      return status === 429 ? undefined : 'rate_limited';
    case 'rejected':
    case 'context_too_long':
      return typeof status === 'number' ? undefined : 'failure';
    default:
      return undefined;
  }
}
