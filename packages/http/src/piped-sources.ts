import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** How long an answer that flows may wait for more when what was piped into it has died. */
const orphanMs = 1_000;

interface SourceEvents {
  /** Whether more may come from elsewhere: what flows may go on from there. */
  mayGoOn(): boolean;
  /** It closed before its end, while it was still piped, and nothing has gone on. */
  died(): void;
}

/** What is piped into a response now. A pipe does not tell its end that its source has died: this does. */
export class PipedSources {
  readonly #res: ServerResponse;
  readonly #watched = new Map<Readable, () => void>();
  #orphaned: NodeJS.Timeout | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
    res.on('unpipe', (source: Readable) => this.#forget(source));
  }

  add(source: Readable, { mayGoOn, died }: SourceEvents): void {
    if (this.#watched.has(source)) return;
    const onClose = () => {
      this.#watched.delete(source);
      if (source.readableEnded) return;
      if (mayGoOn()) this.#orphaned = setTimeout(died, orphanMs);
      else died();
    };
    this.#watched.set(source, onClose);
    source.once('close', onClose);
  }

  /** More has come, or none is to come: who has died is not missed. */
  goOn(): void {
    clearTimeout(this.#orphaned);
  }

  /** Lets go of all of them. Returned are those that tell their listeners `why`; `undefined`: there are none at all. */
  release(why?: Error): readonly Readable[] | undefined {
    this.goOn();
    const sources = [...this.#watched.keys()];
    if (sources.length === 0) return undefined;
    for (const source of sources) this.#forget(source);
    return sources.filter((source) => releaseSource(source, this.#res, why));
  }

  /** A source may outlive this response, and be piped into many. */
  #forget(source: Readable): void {
    const onClose = this.#watched.get(source);
    if (onClose === undefined) return;
    this.#watched.delete(source);
    source.off('close', onClose);
  }
}

/**
 * Lets go of what is piped into a response that is answered; the request's own body is only drained, and what others read stays. `true`: it
 * ends with the error `why`, for those who listen for its errors, as who awaits a pipeline does.
 */
export function releaseSource(source: Readable, res: ServerResponse, why?: Error): boolean {
  source.unpipe?.(res); // streams of the oldest kind have none, and write on into what swallows it
  if (source.listenerCount('data') > 0) return false;
  if (source === (res.req as Readable)) {
    source.resume();
    return false;
  }
  const tells = why !== undefined && source.listenerCount('error') > 0;
  if (tells) {
    source.on('error', () => {}); // who listens may do so once, or stop
    if (source instanceof IncomingMessage) source.socket.destroy(); // with the error, it would be one of the request that went out, too
  }
  source.destroy(tells ? why : undefined);
  return tells;
}
