import { isUtf8 } from 'node:buffer';
import type { StoredAnswer } from '../answers/store.ts';
import type { Reply } from '../reply.ts';

/** All that a replay of a stored answer depends on beside the answer. */
export interface ReplayTerms {
  readonly level: string;
  readonly reason: string;
  readonly circuit: string;
  /** Whole seconds. */
  readonly age: number;
  readonly retryAfter: number | undefined;
  readonly exposeHeaders: boolean;
  readonly exposed: string | undefined;
}

interface Replay<Made> {
  readonly terms: ReplayTerms;
  readonly made: Made;
}

const MOST_REPLAYS = 256;
const MOST_BYTES = 16 * 1024;

/** The last replay of each answer that is asked for just now: within a second, nothing in it changes. */
export class Replays<Made extends { readonly reply: Reply }> {
  readonly #byAnswer = new Map<StoredAnswer, Replay<Made>>();

  find(answer: StoredAnswer, terms: ReplayTerms): Made | undefined {
    const replay = this.#byAnswer.get(answer);
    return replay !== undefined && isSame(replay.terms, terms) ? replay.made : undefined;
  }

  keep(answer: StoredAnswer, terms: ReplayTerms, made: Made): Made {
    const { reply } = made;
    if (reply.body.length > MOST_BYTES) return made;
    if (this.#byAnswer.size >= MOST_REPLAYS && !this.#byAnswer.has(answer)) this.#byAnswer.clear();
    const kept = { ...made, reply: { ...reply, body: asText(reply.body) } };
    this.#byAnswer.set(answer, { terms, made: kept });
    return kept;
  }
}

/** Node writes a head and a text at once, a head and bytes one after the other. */
const asText = (body: Reply['body']): Reply['body'] =>
  typeof body !== 'string' && isUtf8(body)
    ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
    : body;

const isSame = (a: ReplayTerms, b: ReplayTerms): boolean =>
  a.age === b.age &&
  a.retryAfter === b.retryAfter &&
  a.reason === b.reason &&
  a.circuit === b.circuit &&
  a.level === b.level &&
  a.exposeHeaders === b.exposeHeaders &&
  a.exposed === b.exposed;
