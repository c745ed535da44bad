import { hash, timingSafeEqual } from 'node:crypto';
import type { RequestView } from '../request-view.ts';
import type { DrillSettings } from './drill-options.ts';
import { RequestWithout } from './request-without.ts';

/** Draws which requests are drills, and knows those that ask to be. */
export class Drill {
  readonly #rate: number;
  readonly #random: () => number;
  readonly #header: { readonly name: string; readonly digest: Uint8Array } | undefined;

  constructor({ rate, header }: DrillSettings, random: () => number) {
    this.#rate = rate;
    this.#random = random;
    this.#header = header && { name: header.name, digest: digestOf(header.value) };
  }

  /** The request without the secret, if it carries that: what it is answered with is the same with or without it. */
  askedBy<Native>(request: RequestView<Native>): RequestView<Native> | undefined {
    if (this.#header === undefined) return undefined;
    const { name, digest } = this.#header;
    const given = request.headers[name];
    // digests have one length, so that the time tells nothing of the secret's
    if (typeof given !== 'string' || !timingSafeEqual(digestOf(given), digest)) return undefined;
    return new RequestWithout(request, name);
  }

  /** Whether this one is drawn. What fails draws none. */
  draws(): boolean {
    if (this.#rate === 0 || this.#rate === 1) return this.#rate === 1;
    try {
      return this.#random() < this.#rate;
    } catch {
      return false;
    }
  }
}

const digestOf = (text: string): Uint8Array => hash('sha256', text, 'buffer');
