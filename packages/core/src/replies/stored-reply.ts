import type { StoredAnswer } from '../answers/store.ts';
import type { FallbackLevel } from '../metadata.ts';
import type { ReplyHeaders } from '../reply.ts';
import type { TierReply } from '../tiers/tier.ts';

/** A stored answer as a tier's reply. It was checked when it came from its store, and never changes. */
export class StoredReply implements TierReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: Uint8Array;
  readonly level: FallbackLevel;
  readonly cachedAt: number;
  readonly answer: StoredAnswer;

  constructor(answer: StoredAnswer, level: FallbackLevel) {
    this.status = answer.status;
    this.headers = answer.headers;
    this.body = answer.body;
    this.level = level;
    this.cachedAt = Math.floor(answer.storedAt);
    this.answer = answer;
  }
}
