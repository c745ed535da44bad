import type { RefusalReason, Verdict } from '../events.ts';

/** How often each transition has happened. */
export interface Moves {
  tripped: number;
  reopened: number;
  halfOpened: number;
  closed: number;
  /** What `shadow` mode has told in the place of the first. */
  wouldTrip: number;
}

const noMoves: Moves = Object.freeze({ tripped: 0, reopened: 0, halfOpened: 0, closed: 0, wouldTrip: 0 });
const noRefusals: Record<RefusalReason, number> = Object.freeze({
  circuit_open: 0,
  forced_open: 0,
  overloaded: 0,
  rate_limited: 0,
});

/** What a circuit has counted since it was made. A reset leaves the totals as they are: graphs are drawn from them. */
export class Counts {
  success = 0;
  failure = 0;
  ignored = 0;
  slow = 0;
  late = 0;
  /** Its own from the first transition on: most circuits never see one. Refusals likewise. */
  moves = noMoves;
  refusals = noRefusals;
  /** On the monotonic clock. */
  lastSuccess = Number.NaN;
  lastFailure = Number.NaN;
  successesInRow = 0;
  failuresInRow = 0;

  moved(how: keyof Moves): void {
    if (this.moves === noMoves) this.moves = { ...noMoves };
    this.moves[how]++;
  }

  get refused(): number {
    const { circuit_open, forced_open, overloaded, rate_limited } = this.refusals;
    return circuit_open + forced_open + overloaded + rate_limited;
  }

  refuse(reason: RefusalReason): void {
    if (this.refusals === noRefusals) this.refusals = { ...noRefusals };
    this.refusals[reason]++;
  }

  add(verdict: Verdict, now: number): void {
    if (verdict === 'success') {
      this.success++;
      this.lastSuccess = now;
    } else if (verdict === 'failure') {
      this.failure++;
      this.lastFailure = now;
    } else {
      this.ignored++;
    }
  }

  /** For what is not late: a result from before says nothing of how it goes now. */
  addToRow(verdict: Verdict): void {
    if (verdict === 'success') {
      this.successesInRow++;
      this.failuresInRow = 0;
    } else if (verdict === 'failure') {
      this.failuresInRow++;
      this.successesInRow = 0;
    }
  }

  endRow(): void {
    this.successesInRow = 0;
    this.failuresInRow = 0;
  }
}
