import process from 'node:process';
import { announcesBody } from '../answers/announced-body.ts';
import { canonicalJson } from '../answers/canonical-json.ts';
import type { RequestView } from '../request-view.ts';
import { isThenable } from './thenable.ts';
import type { TierSite } from './tier.ts';

const unparsedBody = '`req.body` is undefined, so this answer has no key; mount express.json() before the breaker';

/** Where faults are told. */
type FaultSite = Pick<TierSite, 'events' | 'clock'>;

/** A `key` or `scope` of the user's own: asked when a request begins. Its faults are told once and never reach the request. */
export class AskedOption<Native> {
  readonly #option: 'key' | 'scope';
  readonly #ask: (native: Native, request: RequestView<Native>) => unknown;
  readonly #of: string;
  #told = false;

  /** `of`: the tier whose option it is. */
  constructor(
    option: 'key' | 'scope',
    ask: (native: Native, request: RequestView<Native>) => unknown,
    of = 'cachedAnswer',
  ) {
    this.#option = option;
    this.#ask = ask;
    this.#of = of;
  }

  /** What it returned, as canonical JSON; `undefined` when that is no basis to share an answer on. */
  read(request: RequestView<Native>, site: FaultSite): string | undefined {
    const needsBody = this.#option === 'key' && request.body === undefined && announcesBody(request);
    let value: unknown;
    try {
      value = this.#ask(request.native, request);
    } catch (error) {
      this.#tell(error, needsBody, site);
      return undefined;
    }
    try {
      if (isThenable(value)) {
        // A rejection that nobody handles would end the process.
        value.then(undefined, () => {});
        throw new TypeError('it returned a promise, and nothing is awaited');
      }
      if (needsBody && saysUndefined(value)) {
        this.#tell(new TypeError(unparsedBody), true, site);
        return undefined;
      }
      const text = canonicalJson(value);
      if (text !== undefined && text !== 'null') return text;
      // A key may decline. A scope that is missing by mistake would make one scope of all who lack it.
      if (this.#option === 'scope') throw new TypeError(`it returned ${text ?? 'undefined'}`);
    } catch (error) {
      this.#tell(error, false, site);
    }
    return undefined;
  }

  #tell(error: unknown, lacksBody: boolean, { events, clock }: FaultSite): void {
    if (this.#told) return;
    this.#told = true;
    events.emit('option_failed', { at: clock.wall(), option: this.#option, error });
    const type = 'BrownoutWarning';
    if (lacksBody) {
      process.emitWarning(unparsedBody, { type, code: 'BROWNOUT_BODY_UNPARSED' });
      return;
    }
    const lost = this.#option === 'key' ? 'it has no key' : 'it is shared with nobody';
    const said = error instanceof Error ? error.message : String(error);
    process.emitWarning(`The \`${this.#option}\` of \`${this.#of}\` failed for an answer, so ${lost}: ${said}`, {
      type,
      code: `BROWNOUT_${this.#option.toUpperCase()}`,
    });
  }
}

/** `undefined` anywhere in a key, or its name in a text: all who ask would have the same key. */
function saysUndefined(value: unknown): boolean {
  if (value === undefined) return true;
  return JSON.stringify(value, (_, member: unknown) => (member === undefined ? 'undefined' : member)).includes(
    'undefined',
  );
}
