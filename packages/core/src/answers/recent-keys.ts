import type { RequestView } from '../request-view.ts';
import type { AnswerKeys } from './key.ts';

interface Recent {
  readonly keys: AnswerKeys;
  readonly rawHeaders: readonly string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly count: number;
  /** How often others have been asked for since. */
  misses: number;
}

const MOST_PATHS = 500;
/** Where no two requests are the same, remembering each would be in vain. */
const MOST_MISSES = 16;

/**
 * The keys of the last request to each path, for the next that is the same in every header. Only of requests that nobody could mind to
 * be remembered for a while: without a query, and without anything that may tell who asks.
 */
export class RecentKeys {
  readonly #byPath = new Map<string, Recent>();

  find(request: RequestView, scope: string | undefined, application: string | undefined): AnswerKeys | undefined {
    const { rawHeaders, headers } = request;
    const recent = this.#byPath.get(request.url);
    if (recent === undefined || rawHeaders.length !== recent.rawHeaders.length) return undefined;
    if (!recent.keys.isOf(request, scope, application) || request.certificate !== undefined) return undefined;
    for (let at = 0; at < rawHeaders.length; at++) if (rawHeaders[at] !== recent.rawHeaders[at]) return undefined;
    let count = 0;
    for (const name in headers) {
      if (headers[name] !== recent.headers[name]) return undefined;
      count++;
    }
    return count === recent.count ? recent.keys : undefined;
  }

  /** To be called when the request begins: later a handler may have changed it. */
  keep({ url, rawHeaders, headers }: RequestView, keys: AnswerKeys): void {
    const before = this.#byPath.get(url);
    if (before !== undefined && ++before.misses < MOST_MISSES) return;
    if (url.includes('?') || !keys.isAnonymous) return;
    const copy = { ...headers };
    const values = Object.values(copy);
    if (values.some((value) => typeof value !== 'string')) return;
    if (this.#byPath.size >= MOST_PATHS) this.#byPath.clear();
    this.#byPath.set(url, { keys, rawHeaders: rawHeaders.slice(), headers: copy, count: values.length, misses: 0 });
  }
}
