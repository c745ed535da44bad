import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { at } from './client.ts';

export interface SentEvent {
  readonly event: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever came, to be compared
  readonly data: any;
}

/** Follows the events of a dashboard. */
export class EventClient {
  readonly response: IncomingMessage;
  readonly #asking: ClientRequest;
  #text = '';
  #hasEnded = false;
  #told: () => void = () => {};

  constructor(asking: ClientRequest, response: IncomingMessage) {
    this.#asking = asking;
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.#text += text;
      this.#told();
    });
    const ended = () => {
      this.#hasEnded = true;
      this.#told();
    };
    response.on('end', ended);
    response.on('error', ended);
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<EventClient> {
    return new Promise((resolve, reject) => {
      const asking = request(new URL(url), { path: `${at}/events`, headers, agent: false });
      asking.on('response', (response) => resolve(new EventClient(asking, response)));
      asking.on('error', reject);
      asking.end();
    });
  }

  /** All that has come. */
  get text(): string {
    return this.#text;
  }

  get events(): SentEvent[] {
    return this.#text
      .split('\n\n')
      .slice(0, -1)
      .filter((block) => /^data:/m.test(block))
      .map((block) => {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        return { event: field('event') ?? 'message', id: field('id'), data: JSON.parse(field('data')!) };
      });
  }

  /** Waits for an event like this, unless it has come. */
  async next(name: string, which: (event: SentEvent) => boolean = () => true): Promise<SentEvent> {
    for (;;) {
      const found = this.events.find((event) => event.event === name && which(event));
      if (found !== undefined) return found;
      if (this.#hasEnded) throw new Error(`It has ended without ${name}: ${this.#text}`);
      await this.#more();
    }
  }

  /** Waits for a piece of text. */
  async come(text: string): Promise<void> {
    while (!this.#text.includes(text)) await this.#more();
  }

  async ended(): Promise<void> {
    while (!this.#hasEnded) await this.#more();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#told = resolve;
    });
  }

  close(): void {
    this.#asking.destroy();
  }
}
