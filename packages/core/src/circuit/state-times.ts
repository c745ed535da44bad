import { type Standing, type StateName, shownState } from './state.ts';

/** How long a circuit has shown each state, in milliseconds. It is told of a change before that is made. */
export class StateTimes {
  closed = 0;
  open = 0;
  half_open = 0;
  #since: number;

  constructor(since: number) {
    this.#since = since;
  }

  /** Adds the time until `now`, all of it under this state and this mode. */
  pass(now: number, standing: Standing): void {
    const since = this.#since;
    if (now <= since) return;
    const { state, mode } = standing;
    const due = state.kind === 'open' && mode !== 'forced_open' && mode !== 'disabled' ? state.until : now;
    const until = Math.min(Math.max(due, since), now);
    this[shownState(standing, since)] += until - since;
    this.half_open += now - until;
    this.#since = now;
  }

  /** Goes on from what was spent before a restart. */
  resume(before: Readonly<Record<StateName, number>>): void {
    this.closed = Math.max(this.closed, before.closed);
    this.open = Math.max(this.open, before.open);
    this.half_open = Math.max(this.half_open, before.half_open);
  }

  /** As `pass` would leave it. */
  at(now: number, standing: Standing): Record<StateName, number> {
    const then = new StateTimes(this.#since);
    then.pass(now, standing);
    return {
      closed: this.closed + then.closed,
      open: this.open + then.open,
      half_open: this.half_open + then.half_open,
    };
  }
}
