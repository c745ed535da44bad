/** What a part of a stream brings: nothing but itself, a sign that the model is at work, or what a route can pass on. */
export type Weight = 'nothing' | 'life' | 'useful';

interface Choice {
  readonly index?: number;
  readonly delta?: Readonly<Record<string, unknown>>;
  /** Of the legacy completions. */
  readonly text?: unknown;
  readonly finish_reason?: unknown;
}

interface StreamPart {
  readonly choices?: readonly Choice[];
  readonly type?: unknown;
  readonly error?: unknown;
  readonly usage?: unknown;
  readonly delta?: unknown;
  readonly item?: { readonly type?: unknown };
  readonly response?: { readonly error?: unknown };
}

/** What models say and do; the rest of a delta (`reasoning_content` and its like) is thinking. */
const usefulMembers = ['content', 'refusal', 'tool_calls', 'function_call', 'audio'];
/** Events of the Responses API that come before the model does anything. */
const openings: readonly unknown[] = ['response.created', 'response.queued', 'response.in_progress'];
/** Items of the Responses API that are the caller's to act on. */
const calls: readonly unknown[] = ['function_call', 'custom_tool_call', 'computer_call', 'mcp_approval_request'];

/** Reads the chunks of a Chat Completions stream, or the events of a Responses stream, for what they tell of the stream. */
export class StreamReader {
  /** What the stream said of its own failure. */
  failure: object | undefined;
  /** Choices that have begun and not ended. */
  readonly #open = new Set<number>();
  #ended = false;
  #known = false;
  #empty = true;

  /** Whether the end marker has come, and says of nothing that it has failed. */
  get isMarked(): boolean {
    return this.#ended && this.#open.size === 0 && this.failure === undefined;
  }

  /** Whether nothing is missing if this is all. What speaks neither of the two languages has no end marker to wait for. */
  get whole(): boolean {
    return this.#known ? this.isMarked : !this.#empty;
  }

  get empty(): boolean {
    return this.#empty;
  }

  read(part: unknown): Weight {
    this.#empty = false;
    if (typeof part !== 'object' || part === null) return 'useful';
    const { choices, type, error, usage } = part as StreamPart;
    if (error || type === 'error') this.failure = (error || part) as object;
    if (Array.isArray(choices)) {
      this.#known = true;
      return heaviest(
        choices.map((choice) => this.#choice(choice)),
        usage ? 'life' : 'nothing',
      );
    }
    if (typeof type !== 'string') return 'useful';
    this.#known = true;
    return this.#event(type, part);
  }

  #choice({ index = 0, delta = {}, text, finish_reason }: Choice): Weight {
    const isUseful = usefulMembers.some((name) => isFilled(delta[name])) || isFilled(text);
    if (isUseful) this.#open.add(index);
    if (finish_reason === 'error') this.failure ??= { code: 'server_error' };
    if (finish_reason) {
      this.#open.delete(index);
      this.#ended = true;
    }
    if (isUseful) return 'useful';
    return finish_reason || Object.keys(delta).some((name) => name !== 'role' && isFilled(delta[name]))
      ? 'life'
      : 'nothing';
  }

  #event(type: string, { delta, item, response }: StreamPart): Weight {
    if (type === 'response.completed' || type === 'response.incomplete') this.#ended = true;
    if (type === 'response.failed' || type === 'response.cancelled') this.failure = (response?.error ?? {}) as object;
    if (!type.startsWith('response.') || openings.includes(type)) return 'nothing';
    if (type.endsWith('.delta') && isFilled(delta)) return type.includes('reasoning') ? 'life' : 'useful';
    return type === 'response.output_item.added' && calls.includes(item?.type) ? 'useful' : 'life';
  }
}

const isFilled = (value: unknown) =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const heaviest = (weights: readonly Weight[], least: Weight): Weight =>
  weights.includes('useful') ? 'useful' : weights.includes('life') ? 'life' : least;
