import { type Circuit, type CircuitOptions, OptionsError } from '@brownout/core';
import { json, problem, type WholeAnswer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Authority } from './authority.ts';
import { bodyOf } from './body.ts';
import { patchableOf } from './patchable.ts';
import { isSameOrigin } from './same-origin.ts';
import type { Track } from './track.ts';
import type { Watch } from './watch.ts';

const longestReason = 500;

interface Action {
  readonly text: string;
  readonly act: (circuit: Circuit, why: string) => void;
}

/** What can be done by hand, by the last segment of the address. */
export const actions: ReadonlyMap<string, Action> = new Map([
  ['force-open', { text: 'Forced open.', act: (circuit, why) => circuit.forceOpen(why) }],
  ['force-close', { text: 'Closed by hand.', act: (circuit, why) => circuit.forceClose(why) }],
  ['disable', { text: 'Disabled: every call is let through.', act: (circuit, why) => circuit.disable(why) }],
  ['clear', { text: 'Override cleared.', act: (circuit, why) => circuit.clearOverride(why) }],
  ['reset', { text: 'Reset: closed, and its window is empty.', act: (circuit, why) => circuit.reset(why) }],
]);

/** The changes that are made by hand: each is asked for by the page itself, authorized, and has a reason that is kept. */
export class Changes {
  readonly #watch: Watch;
  readonly #authority: Authority;

  constructor(watch: Watch, authority: Authority) {
    this.#watch = watch;
    this.#authority = authority;
  }

  async act(asked: Asked, segment: string, action: Action): Promise<WholeAnswer> {
    return this.#change(asked, segment, (track, { why, by }) => {
      this.#watch.change(track, { text: action.text, why, ...by }, (circuit) => action.act(circuit, why));
    });
  }

  async patch(asked: Asked, segment: string): Promise<WholeAnswer> {
    return this.#change(asked, segment, (track, { why, by, body }) => {
      const { circuit } = track;
      const before = circuit.options;
      const patch = patchIn(body['options'], patchableOf(before));
      this.#watch.change(track, { text: changed(before, patch), why, ...by }, () => circuit.update(patch));
    });
  }

  async #change(
    asked: Asked,
    segment: string,
    apply: (
      track: Track,
      by: { readonly why: string; readonly by: { by?: string }; readonly body: Record<string, unknown> },
    ) => void,
  ): Promise<WholeAnswer> {
    const { headers } = asked.req;
    if (!isSameOrigin(headers)) return problem(403, 'Changes are taken from this very page only.');
    if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? ''))
      return problem(415, 'The body must be JSON, and say so.', { 'accept-patch': 'application/json' });
    if (!/^(?:identity)?$/i.test(headers['content-encoding'] ?? ''))
      return problem(415, 'The body must come as it is, in no coding.', { 'accept-encoding': 'identity' });
    const who = await this.#authority.whoChanges(asked.native);
    if ('fault' in who) return who.fault;
    const read = await bodyOf(asked);
    if ('fault' in read) return read.fault;
    const why = reasonIn(read.body);
    if (why === undefined) return problem(422, `\`reason\` must be a text of 1 to ${longestReason} characters.`);
    const track = this.#watch.find(segment); // now: it may have gone in the meantime
    if (track === undefined) return noSuchCircuit;
    try {
      apply(track, { why, by: who, body: read.body });
    } catch (error) {
      if (error instanceof OptionsError) return problem(422, error.message);
      throw error;
    }
    const { moment } = this.#watch;
    return json({ at: moment.wall, circuit: track.summary(moment) });
  }
}

export const noSuchCircuit: WholeAnswer = problem(404, 'There is no circuit of this name.');

function reasonIn({ reason }: Record<string, unknown>): string | undefined {
  const text = typeof reason === 'string' ? reason.trim() : '';
  return text === '' || text.length > longestReason ? undefined : text;
}

/** @throws OptionsError for what may not be changed here; what remains is checked by the circuit */
function patchIn(options: unknown, patchable: readonly string[]): CircuitOptions {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  const names = isObject ? Object.keys(options) : [];
  if (names.length === 0) throw new OptionsError('`options` must be an object with at least one option.');
  const refused = names.find((name) => !patchable.includes(name));
  if (refused !== undefined)
    throw new OptionsError(`\`${refused.slice(0, 80)}\` cannot be changed here; what can is: ${patchable.join(', ')}.`);
  return options as CircuitOptions;
}

/** `Options changed: failureThreshold 5 → 3.` */
function changed(before: Readonly<Record<string, unknown>>, patch: CircuitOptions): string {
  const each = Object.entries(patch).map(([name, to]) => `${name} ${shown(before[name])} → ${shown(to)}`);
  return `Options changed: ${each.join(', ')}.`;
}

const shown = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value).slice(0, 80));
