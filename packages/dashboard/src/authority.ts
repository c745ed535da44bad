import type { Brownout } from '@brownout/core';
import { problem, type WholeAnswer } from './answer.ts';
import type { DashboardOptions } from './options.ts';

/** How long a name may be that is shown beside what was done. */
const longestName = 200;

const mayNotChange = problem(403, 'You may not change circuits.');

/** Who may do what. What the user's functions throw is told as an event, and is a no. */
export class Authority {
  readonly #options: DashboardOptions<unknown>;
  readonly #set: Brownout;

  constructor(options: DashboardOptions<unknown>, set: Brownout) {
    this.#options = options;
    this.#set = set;
  }

  /** Whether anybody may change anything. */
  get canChange(): boolean {
    return this.#options.authorize !== undefined;
  }

  async mayRead(native: unknown): Promise<boolean> {
    const { authorizeRead } = this.#options;
    return authorizeRead === undefined || (await this.#ask('authorizeRead', authorizeRead, native)) === true;
  }

  /** Who it is that may change circuits, or the refusal. Who may not read may not change: the answer tells how the circuit is. */
  async whoChanges(native: unknown): Promise<{ readonly by?: string } | { readonly fault: WholeAnswer }> {
    const { authorize } = this.#options;
    if (authorize === undefined) return { fault: problem(403, 'Changing needs the option `authorize`.') };
    if (!(await this.mayRead(native))) return { fault: mayNotChange };
    const answer = await this.#ask('authorize', authorize, native);
    if (answer === true) return {};
    const by: unknown = typeof answer === 'object' && answer !== null ? (answer as { by?: unknown }).by : undefined;
    if (typeof by === 'string' && by !== '') return { by: by.slice(0, longestName) };
    return { fault: mayNotChange };
  }

  async #ask(option: string, fn: (native: unknown) => unknown, native: unknown): Promise<unknown> {
    try {
      return await fn(native);
    } catch (error) {
      const { events, clock } = this.#set;
      events.emit('option_failed', { at: clock.wall(), option, error });
      return false;
    }
  }
}
